from datetime import timedelta

import jwt
import pytest
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from tests.users.conftest import PASSWORD
from users.api.serializers import SignIn
from users.operations import change_account, erase_user
from users.tasks import forget_expired_tokens

TOKEN = "/api/v1/token/"
REFRESH = "/api/v1/token/refresh/"
REVOKE = "/api/v1/token/revoke/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(client, user):
    return client.post(TOKEN, {"email": "ada@example.com", "password": PASSWORD}).json()


def refresh(client, pair):
    return client.post(REFRESH, {"refresh": pair["refresh"]})


def test_a_refresh_token_is_good_for_one_new_pair(client, pair):
    first = refresh(client, pair)
    again = refresh(client, pair)

    assert (first.status_code, again.status_code) == (200, 401)
    assert again.json()["type"] == "/problems/token-not-valid"
    assert refresh(client, first.json()).status_code == 200


def test_signing_out_ends_the_refresh_token(client, pair):
    assert client.post(REVOKE, {"refresh": pair["refresh"]}).status_code == 204

    assert refresh(client, pair).status_code == 401
    assert client.post(REVOKE, {"refresh": pair["refresh"]}).status_code == 401


@pytest.mark.parametrize("path", [REFRESH, REVOKE])
def test_what_is_no_refresh_token_is_refused(client, pair, path):
    for token in ("nonsense", "ä.ä.ä", pair["access"], pair["refresh"][:-3]):
        response = client.post(path, {"refresh": token})

        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Bearer"


def test_a_new_password_signs_out_everywhere(client, user, pair):
    change_account(user_id=user.id, password="another good password")

    assert refresh(client, pair).status_code == 401


@pytest.mark.parametrize("meanwhile", ["another password", "erased"])
def test_who_signs_in_while_the_password_changes_gets_no_tokens(client, user, meanwhile, monkeypatch):
    """It takes a while to check a password."""
    is_valid = SignIn.is_valid

    def slowly(self, **options):
        valid = is_valid(self, **options)
        if meanwhile == "erased":
            erase_user(user_id=user.id, at=timezone.now())
        else:
            change_account(user_id=user.id, password="another good password")
        return valid

    monkeypatch.setattr(SignIn, "is_valid", slowly)

    answer = client.post(TOKEN, {"email": "ada@example.com", "password": PASSWORD})

    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/authentication-failed")
    assert not OutstandingToken.objects.exists()


def test_an_erased_user_is_signed_out_everywhere(client, user, pair):
    erase_user(user_id=user.id, at=timezone.now())

    assert refresh(client, pair).status_code == 401
    assert BlacklistedToken.objects.count() == OutstandingToken.objects.count() == 1


def test_a_user_who_is_not_active_gets_no_tokens(client, user, pair):
    user.is_active = False
    user.save()

    for response in (
        refresh(client, pair),
        client.post(TOKEN, {"email": "ada@example.com", "password": PASSWORD}),
    ):
        assert response.status_code == 401
        assert response.json()["type"] == "/problems/authentication-failed"


def test_it_is_not_told_whether_an_email_is_signed_up(client, user):
    known = client.post(TOKEN, {"email": "ada@example.com", "password": "wrong"})
    unknown = client.post(TOKEN, {"email": "eve@example.com", "password": "wrong"})

    assert known.json() == unknown.json()


def test_expired_refresh_tokens_are_forgotten(user, pair):
    RefreshToken.for_user(user)
    OutstandingToken.objects.order_by("id").update(expires_at=timezone.now() + timedelta(days=1))
    OutstandingToken.objects.filter(id=OutstandingToken.objects.latest("id").id).update(
        expires_at=timezone.now() - timedelta(days=1)
    )

    forget_expired_tokens()

    assert OutstandingToken.objects.count() == 1


def test_a_token_of_another_signature_is_refused(client, user):
    claims = AccessToken.for_user(user).payload
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {jwt.encode(claims, 'x' * 64, 'HS256')}")
    forged = client.get("/api/v1/users/me/")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {jwt.encode(claims, None, 'none')}")
    unsigned = client.get("/api/v1/users/me/")

    assert (forged.status_code, unsigned.status_code) == (401, 401)
