from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction

from event_bus.outbox.guarding import SilentWrite
from tests.products.announced import announced_types, last_announced
from users import operations
from users.models import AlreadyErased, User
from users.operations import EmailTaken, erase_user, import_users, sign_up

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_signing_up_announces_the_id_and_nothing_personal():
    user = sign_up(email=" Ada@Example.com ", password="secret words")

    assert user.email == "ada@example.com"
    assert user.check_password("secret words")
    assert announced_types() == ["users.user_signed_up.v1"]
    assert last_announced() == {"user_id": str(user.id), "version": 1}


def test_an_email_is_taken_whatever_its_case_and_nothing_more_is_announced(user):
    with pytest.raises(EmailTaken):
        sign_up(email="ADA@example.com", password=None)

    assert announced_types() == ["users.user_signed_up.v1"]


@pytest.mark.parametrize("email", ["", "nonsense", "a@b"])
def test_what_is_no_email_is_refused_and_announces_nothing(email):
    with pytest.raises(ValidationError):
        sign_up(email=email, password=None)

    assert announced_types() == []


def test_a_password_is_hashed_before_the_transaction_that_others_wait_for(monkeypatch):
    depths = []
    hashed = operations.make_password
    monkeypatch.setattr(
        operations,
        "make_password",
        lambda password: depths.append(len(transaction.get_connection().savepoint_ids)) or hashed(password),
    )
    before = len(transaction.get_connection().savepoint_ids)

    sign_up(email="ada@example.com", password="secret words")

    assert depths == [before]


def test_createsuperuser_announces_the_user(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "secret words")

    call_command("createsuperuser", email="Root@example.com", interactive=False, verbosity=0)

    root = User.objects.get_by_natural_key("root@EXAMPLE.com")
    assert root.is_staff
    assert root.is_superuser
    assert root.check_password("secret words")
    assert announced_types() == ["users.user_signed_up.v1"]


def test_erasing_leaves_a_tombstone_and_announces_it(user):
    user.groups.add(Group.objects.create(name="packers"))

    erase_user(user_id=user.id, at=NOON)

    user = User.objects.get()
    assert (user.email, user.is_active, user.erased_at) == (None, False, NOON)
    assert not user.has_usable_password()
    assert not user.groups.exists()
    assert announced_types() == ["users.user_erased.v1"]
    assert last_announced() == {"user_id": str(user.id), "erased_at": "2026-03-01T12:00:00Z", "version": 2}


def test_erasing_twice_is_refused_and_announces_nothing_more(user):
    erase_user(user_id=user.id, at=NOON)

    with pytest.raises(AlreadyErased):
        erase_user(user_id=user.id, at=NOON)

    assert announced_types() == ["users.user_erased.v1"]


def test_nobody_unknown_is_erased():
    with pytest.raises(User.DoesNotExist):
        erase_user(user_id=uuid4(), at=NOON)


def test_an_erased_persons_email_is_free_again(user):
    erase_user(user_id=user.id, at=NOON)

    assert sign_up(email="ada@example.com", password=None).id != user.id


@pytest.mark.django_db(transaction=True)
def test_a_sign_up_that_is_rolled_back_announces_nothing():
    with transaction.atomic():
        sign_up(email="ada@example.com", password=None)
        transaction.set_rollback(True)

    assert not User.objects.exists()
    assert announced_types() == []


@pytest.mark.parametrize(
    "write",
    [
        lambda: User.objects.update(is_staff=True),
        lambda: User.objects.filter(is_staff=False).delete(),
        lambda: User.objects.bulk_create([User()]),
        lambda: User.objects.bulk_update(list(User.objects.all()), ["email"]),
    ],
)
def test_a_silent_bulk_write_raises(user, write):
    with pytest.raises(SilentWrite, match=r"users\.operations"):
        write()


def test_importing_creates_and_announces_those_who_are_new(django_assert_max_num_queries):
    ids = [uuid4() for _ in range(30)]

    with django_assert_max_num_queries(6):
        created = import_users([*ids, ids[0]])

    assert created == 30
    assert announced_types() == ["users.user_signed_up.v1"] * 30
    assert not User.objects.filter(id=ids[0]).get().has_usable_password()


def test_importing_twice_changes_nothing_and_announces_nothing_new(user):
    assert import_users([user.id]) == 0
    assert User.objects.get().email == "ada@example.com"
    assert len(announced_types()) == 1


def test_signing_in_is_no_change_that_is_announced(user, client):
    client.force_login(user)

    user.refresh_from_db()
    assert user.last_login is not None
    assert (user.version, len(announced_types())) == (1, 1)
