from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from products import operations
from users.operations import sign_up


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def product(db):
    return operations.create_product(title="Lamp", price=Decimal("12.50"))


@pytest.fixture
def customer(db):
    client = APIClient()
    client.force_authenticate(sign_up(email="customer@example.com", password=None))
    return client


@pytest.fixture
def staff(db):
    client = APIClient()
    client.force_authenticate(sign_up(email="staff@example.com", password=None, is_staff=True))
    return client


@pytest.fixture
def anonymous():
    return APIClient()
