import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.products.announced import announced_types
from users import operations
from users.models import User
from users.operations import erase_user

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


def test_a_hash_of_a_password_cannot_be_guessed_piece_by_piece(admin):
    assert admin.get(reverse(LIST), {"password__startswith": "pbkdf2"}).status_code == 400


def test_erasing_asks_first(admin, user):
    asked = admin.post(reverse(LIST), {"action": "erase", "_selected_action": [str(user.id)]})

    assert "Erase 1 user?" in " ".join(asked.content.decode().split())
    assert announced_types()[-1] == "users.user_signed_up.v1"


def test_nothing_announced_can_be_edited(admin, user):
    admin.post(
        reverse(CHANGE, args=[user.id]),
        {
            "email": "other@example.com",
            "is_active": "",
            "version": 9,
            "erased_at": "2026-01-01",
            "password": "x",
        },
    )

    after = User.objects.get(id=user.id)
    assert (after.email, after.is_active, after.version, after.erased_at) == (
        "ada@example.com",
        True,
        1,
        None,
    )
    assert after.password == user.password


def test_an_erased_user_gets_no_access(admin, user):
    erase_user(user_id=user.id, at=timezone.now())

    assert admin.post(reverse(CHANGE, args=[user.id]), {"is_staff": "on"}).status_code == 403
    assert 'value="erase"' not in admin.get(reverse(CHANGE, args=[user.id])).content.decode()


def test_a_user_who_is_erased_while_access_is_given_gets_none(admin, user, monkeypatch):
    set_access = operations.set_access

    def overtaken(**wish):
        erase_user(user_id=user.id, at=timezone.now())
        return set_access(**wish)

    monkeypatch.setattr(operations, "set_access", overtaken)

    page = admin.post(reverse(CHANGE, args=[user.id]), {"is_staff": "on"}, follow=True)

    assert "Nothing was saved" in page.content.decode()
    assert not User.objects.get(id=user.id).is_staff


def test_who_may_not_give_permissions_cannot_give_them_through_a_group(user):
    user.is_staff = True
    user.save()
    user.user_permissions.add(*Permission.objects.filter(codename__in=["change_group", "add_group"]))
    client = Client()
    client.force_login(user)
    group = Group.objects.create(name="mine")

    assert client.post(reverse("admin:auth_group_change", args=[group.id]), {"name": "x"}).status_code == 403
    assert client.get(reverse("admin:auth_group_add")).status_code == 403


def test_groups_and_permissions_are_found_while_typing(admin):
    def found(field, term):
        where = {"app_label": "users", "model_name": "user", "field_name": field, "term": term}
        return [row["text"] for row in admin.get(reverse("admin:autocomplete"), where).json()["results"]]

    Group.objects.create(name="packers")

    assert found("groups", "pack") == ["packers"]
    assert any("Can change order" in text for text in found("user_permissions", "change_order"))


def test_a_user_leads_to_what_they_ordered(admin, user):
    address = f"/admin/order_history/orderedproduct/?user_id={user.id}"

    assert address in admin.get(reverse(LIST)).content.decode()
    assert address in admin.get(reverse(CHANGE, args=[user.id])).content.decode()


def test_createsuperuser_makes_somebody_who_may_do_everything_and_announces(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "correct horse battery")

    call_command("createsuperuser", "--noinput", email="Boss@example.com", verbosity=0)

    client = Client()
    assert client.login(username="boss@example.com", password="correct horse battery")
    assert client.get(reverse(LIST)).status_code == 200
    assert announced_types() == ["users.user_signed_up.v1"]


def test_staff_change_their_password_where_everybody_does(admin):
    wish = {"old_password": "x", "new_password1": "secret words", "new_password2": "secret words"}

    assert admin.post(reverse("admin:password_change"), wish).headers["Location"] == reverse("account")
