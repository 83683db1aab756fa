import pytest
from django.utils import timezone

from tests.problems import invalid_fields
from tests.products.announced import announced_types
from tests.users.conftest import PASSWORD
from users.api.serializers import OwnPassword
from users.models import AlreadyErased, User
from users.operations import EmailTaken, change_account, erase_user, sign_up

ME = "/api/v1/users/me/"
NEW_PASSWORD = "staple battery horse"

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, user):
    client.force_authenticate(user)
    return client


def test_the_email_is_changed(signed_in, user):
    response = signed_in.patch(ME, {"password": PASSWORD, "email": "Ada@Lovelace.example"})

    assert response.status_code == 200
    assert response.json()["email"] == "ada@lovelace.example"
    user.refresh_from_db()
    assert user.email == "ada@lovelace.example"


def test_the_password_is_changed(signed_in, client, user):
    response = signed_in.patch(ME, {"password": PASSWORD, "new_password": NEW_PASSWORD})

    user.refresh_from_db()
    assert response.status_code == 200
    assert user.check_password(NEW_PASSWORD)
    assert user.email == "ada@example.com"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"password"}),
        ({"email": "new@example.com"}, {"password"}),
        (
            {"password": "wrong", "email": "nonsense", "new_password": ""},
            {"password", "email", "new_password"},
        ),
        ({"password": PASSWORD, "new_password": "12345678"}, {"new_password"}),
        ({"password": PASSWORD, "new_password": "ada@example.com"}, {"new_password"}),
        ({"password": PASSWORD, "email": "Bob@example.com"}, {"email"}),
    ],
)
def test_an_invalid_change_names_every_field_and_changes_nothing(signed_in, user, body, wrong):
    sign_up(email="bob@example.com", password=None)

    response = signed_in.patch(ME, body)

    assert response.status_code == 400
    assert invalid_fields(response) == wrong
    user.refresh_from_db()
    assert (user.email, user.check_password(PASSWORD)) == ("ada@example.com", True)


def test_nobody_makes_themselves_staff(signed_in, user):
    signed_in.patch(ME, {"password": PASSWORD, "is_staff": True, "is_superuser": True})

    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_a_changed_account_is_nobodys_business_outside(user):
    change_account(user_id=user.id, email="new@example.com", password=NEW_PASSWORD)

    user.refresh_from_db()
    assert announced_types() == ["users.user_signed_up.v1"]
    assert user.version == 1


def test_an_email_that_is_taken_changes_nothing(user):
    sign_up(email="bob@example.com", password=None)

    with pytest.raises(EmailTaken):
        change_account(user_id=user.id, email="bob@example.com", password=NEW_PASSWORD)

    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_an_erased_user_gets_no_new_account(user):
    erase_user(user_id=user.id, at=timezone.now())

    with pytest.raises(AlreadyErased):
        change_account(user_id=user.id, email="new@example.com")


def test_signing_up_and_erasing_say_what_a_read_can_wait_for(client):
    signed_up = client.post("/api/v1/users/", {"email": "eve@example.com", "password": PASSWORD})
    id = signed_up.json()["id"]
    client.force_authenticate(User.objects.get(id=id))
    erased = client.delete(ME, {"password": PASSWORD})

    assert signed_up["Consistency-Token"] == f"users.{id}.1"
    assert erased["Consistency-Token"] == f"users.{id}.2"


@pytest.fixture
def erased_meanwhile(user, monkeypatch):
    """The password is checked; before anything is done, another request erases the user."""
    is_valid = OwnPassword.is_valid

    def then_erased(self, **options):
        valid = is_valid(self, **options)
        erase_user(user_id=user.id, at=timezone.now())
        return valid

    monkeypatch.setattr(OwnPassword, "is_valid", then_erased)


def test_whoever_is_erased_twice_at_once_is_erased(signed_in, erased_meanwhile):
    response = signed_in.delete(ME, {"password": PASSWORD})

    assert response.status_code == 204
    assert response["Consistency-Token"].startswith("users.")


def test_whoever_is_erased_meanwhile_changes_nothing(signed_in, user, erased_meanwhile):
    response = signed_in.patch(ME, {"password": PASSWORD, "email": "ada@lovelace.example"})

    assert (response.status_code, response.json()["type"]) == (401, "/problems/authentication-failed")
    user.refresh_from_db()
    assert user.email is None
