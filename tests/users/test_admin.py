import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from tests.products.announced import announced_types
from users.models import User

LIST = "admin:users_user_changelist"
CHANGE = "admin:users_user_change"

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com"))
    return client


def test_adding_a_user_announces_it(admin):
    response = admin.post(
        reverse("admin:users_user_add"),
        {"email": "Bob@example.com", "password1": "secret words", "password2": "secret words"},
    )

    assert response.status_code == 302
    assert User.objects.get(email="bob@example.com").check_password("secret words")
    assert announced_types() == ["users.user_signed_up.v1"] * 2


def test_a_taken_email_is_an_error_in_the_form(admin, user):
    response = admin.post(
        reverse("admin:users_user_add"),
        {"email": "Ada@example.com", "password1": "secret words", "password2": "secret words"},
    )

    assert "email" in response.context["adminform"].form.errors


def test_permissions_can_be_given(admin, user):
    response = admin.post(reverse(CHANGE, args=[user.id]), {"is_staff": "on"})

    user.refresh_from_db()
    assert response.status_code == 302
    assert user.is_staff
    assert user.email == "ada@example.com"


def test_only_a_superuser_gives_permissions(user):
    user.is_staff = True
    user.save()
    client = Client()
    client.force_login(user)

    assert client.post(reverse(CHANGE, args=[user.id]), {"is_superuser": "on"}).status_code == 403


def test_erasing_announces_and_leaves_no_email_in_the_log(admin, user):
    admin.post(reverse(CHANGE, args=[user.id]), {})

    admin.post(reverse(LIST), {"action": "erase", "_selected_action": [str(user.id)], "confirmed": "yes"})

    assert announced_types()[-1] == "users.user_erased.v1"
    assert not LogEntry.objects.filter(object_repr__contains="ada").exists()


def test_users_cannot_be_deleted(admin, user):
    assert admin.post(reverse("admin:users_user_delete", args=[user.id])).status_code == 403


def test_the_list_can_be_searched(admin, user):
    assert str(user.id) in admin.get(reverse(LIST), {"q": "ada"}).content.decode()
