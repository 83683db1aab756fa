import pytest
from rest_framework.test import APIClient

from users.operations import sign_up

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def user(db):
    return sign_up(email="ada@example.com", password=PASSWORD)


@pytest.fixture
def client():
    return APIClient()
