from decimal import Decimal

import pytest
from rest_framework.test import APIClient

from products.operations import create_product
from users.operations import sign_up


@pytest.fixture
def lamp(db):
    return create_product(title="Lamp", price=Decimal("12.50"))


@pytest.fixture
def chair(db):
    return create_product(title="Chair", price=Decimal("80"))


@pytest.fixture
def user(db):
    return sign_up(email="ada@example.com", password=None)


def signed_in(user):
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def customer(user):
    return signed_in(user)


@pytest.fixture
def other(db):
    return signed_in(sign_up(email="other@example.com", password=None))


@pytest.fixture
def staff(db):
    return signed_in(sign_up(email="staff@example.com", password=None, is_staff=True))
