from datetime import UTC, datetime
from uuid import UUID

import pytest
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from tests.problems import invalid_fields
from tests.products.announced import announced_types
from tests.users.conftest import PASSWORD
from users.models import User
from users.operations import erase_user, sign_up

USERS = "/api/v1/users/"
ME = "/api/v1/users/me/"
TOKEN = "/api/v1/token/"
REFRESH = "/api/v1/token/refresh/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, user):
    tokens = client.post(TOKEN, {"email": "Ada@Example.com", "password": PASSWORD}).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access']}")
    return client


def test_somebody_signs_up(client):
    response = client.post(USERS, {"email": "Ada@Example.com", "password": PASSWORD})

    user = User.objects.get()
    assert response.status_code == 201
    assert (response.json()["id"], response.json()["email"]) == (str(user.id), "ada@example.com")
    assert "password" not in response.json()
    assert announced_types() == ["users.user_signed_up.v1"]


def test_signing_up_makes_nobody_staff(client):
    client.post(
        USERS, {"email": "a@example.com", "password": PASSWORD, "is_staff": True, "is_superuser": True}
    )

    user = User.objects.get()
    assert not user.is_staff
    assert not user.is_superuser


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"email", "password"}),
        ({"email": "nonsense", "password": ""}, {"email", "password"}),
        ({"email": "a@example.com", "password": "12345678"}, {"password"}),
        ({"email": "grace.hopper@example.com", "password": "grace.hopper@exam"}, {"password"}),
    ],
)
def test_an_invalid_sign_up_names_every_field(client, body, wrong):
    response = client.post(USERS, body)

    assert response.status_code == 400
    assert invalid_fields(response) == wrong
    assert not User.objects.exists()


def test_an_email_signs_up_once(client, user):
    response = client.post(USERS, {"email": "ADA@example.com", "password": PASSWORD})

    assert response.status_code == 400
    assert invalid_fields(response) == {"email"}


def test_a_token_says_who_it_is_and_whether_they_are_staff(client):
    boss = sign_up(email="boss@example.com", password=PASSWORD, is_staff=True)

    tokens = client.post(TOKEN, {"email": "boss@example.com", "password": PASSWORD}).json()

    access = AccessToken(tokens["access"])
    assert (UUID(access["user_id"]), access["is_staff"]) == (boss.id, True)


def test_a_wrong_password_gets_no_token(client, user):
    assert client.post(TOKEN, {"email": "ada@example.com", "password": "wrong"}).status_code == 401


def test_a_refreshed_token_says_what_the_user_is_now(client, user):
    refresh = client.post(TOKEN, {"email": "ada@example.com", "password": PASSWORD}).json()["refresh"]
    user.is_staff = True
    user.save()

    access = AccessToken(client.post(REFRESH, {"refresh": refresh}).json()["access"])

    assert access["is_staff"] is True


def test_an_erased_user_gets_no_new_token(client, user):
    refresh = str(RefreshToken.for_user(user))
    erase_user(user_id=user.id, at=datetime(2026, 3, 1, tzinfo=UTC))

    assert client.post(REFRESH, {"refresh": refresh}).status_code == 401
    assert client.post(TOKEN, {"email": "ada@example.com", "password": PASSWORD}).status_code == 401


def test_an_access_token_is_no_refresh_token(client, user):
    assert client.post(REFRESH, {"refresh": str(AccessToken.for_user(user))}).status_code == 401


def test_a_user_reads_themselves(signed_in, user):
    response = signed_in.get(ME)

    assert response.status_code == 200
    assert response.json()["email"] == "ada@example.com"


def test_nobody_is_nobody(client):
    assert client.get(ME).status_code == 401
    assert client.delete(ME, {"password": PASSWORD}).status_code == 401


def test_a_user_is_erased_who_knows_the_password(signed_in, user):
    response = signed_in.delete(ME, {"password": PASSWORD})

    assert response.status_code == 204
    assert announced_types()[-1] == "users.user_erased.v1"
    assert signed_in.get(ME).status_code == 401


@pytest.mark.parametrize("body", [{}, {"password": "wrong"}])
def test_a_user_is_not_erased_without_the_password(signed_in, user, body):
    response = signed_in.delete(ME, body)

    assert response.status_code == 400
    assert invalid_fields(response) == {"password"}
    assert User.objects.get().erased_at is None
