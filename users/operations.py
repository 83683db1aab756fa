"""What can happen to users: each verb is one transaction and announces what it did."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django import forms
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from event_bus.outbox.forgetting import forget
from event_bus.outbox.publishing import publish, publish_all
from event_bus.outbox.sources import Removed
from users.events import UserErased, UserSignedUp
from users.models import User
from users.tokens import revoke_all_of


class EmailTaken(Exception):
    """Somebody else signed up with this e-mail address."""


def sign_up(
    *,
    email: str,
    password: str | None,
    user_id: UUID | None = None,
    is_staff: bool = False,
    is_superuser: bool = False,
) -> User:
    """Let somebody sign in with e-mail (in any case) and password; no password means that they cannot yet.

    The caller has checked how good the password is. Raises EmailTaken, or ValidationError if `email` is none.
    """
    address = _as_address(email)
    user = User(
        id=user_id or uuid4(),
        email=address,
        password=make_password(password),  # slow on purpose, so before the transaction
        is_staff=is_staff,
        is_superuser=is_superuser,
        has_been_staff=is_staff,
    )
    try:
        with transaction.atomic():
            user.save(force_insert=True)
            publish(UserSignedUp(user_id=user.id, version=user.version))
    except IntegrityError:
        if User.objects.filter(email=address).exists():
            raise EmailTaken("Somebody signed up with this e-mail already.") from None
        raise
    return user


def change_account(*, user_id: UUID, email: str | None = None, password: str | None = None) -> User:
    """Change how somebody signs in; a new password signs them out everywhere. What is None stays.

    Nobody outside is told, so there is nothing to announce and no new version. The caller has checked how good
    the password is. Raises User.DoesNotExist, AlreadyErased, EmailTaken, or ValidationError if `email` is none.
    """
    changes: dict[str, str] = {}
    if email is not None:
        changes["email"] = _as_address(email)
    if password is not None:
        changes["password"] = make_password(password)  # slow on purpose, so before the transaction
    try:
        with transaction.atomic():
            user: User = User.objects.select_for_update().get(id=user_id)
            user.change_account(**changes)
            user.save(update_fields=list(changes))
            if password is not None:
                revoke_all_of(user_id)
    except IntegrityError:
        if email is not None and User.objects.filter(email=changes["email"]).exclude(id=user_id).exists():
            raise EmailTaken("Somebody signed up with this e-mail already.") from None
        raise
    return user


@transaction.atomic
def set_access(*, user_id: UUID, is_staff: bool, is_superuser: bool) -> User:
    """Say who is staff; nobody outside is told. Raises User.DoesNotExist or AlreadyErased."""
    user: User = User.objects.select_for_update().get(id=user_id)
    user.set_access(is_staff=is_staff, is_superuser=is_superuser)
    user.save(update_fields=["is_staff", "is_superuser", "has_been_staff"])
    return user


@transaction.atomic
def erase_user(*, user_id: UUID, at: datetime) -> User:
    """Forget who this was, here and in the log. The id stays, so that late events do not bring the user back.

    Raises User.DoesNotExist or AlreadyErased.
    """
    user: User = User.objects.select_for_update().get(id=user_id)
    _erase(user, at)
    _forget_elsewhere(user, at)
    return user


@transaction.atomic
def forget_user(*, user_id: UUID, at: datetime) -> list[Removed]:
    """Erase the user, or remove what has come in since that was done. Returns what was removed where.

    Raises User.DoesNotExist.
    """
    user: User = User.objects.select_for_update().get(id=user_id)
    receipt = []
    if user.erased_at is None:
        _erase(user, at)
        receipt = [Removed("users", "row, of which the id is left", 1)]
    return [*receipt, *_forget_elsewhere(user, at)]


@transaction.atomic
def import_users(user_ids: Sequence[UUID]) -> int:
    """Create those whose id is not known yet, without e-mail and password. Returns how many are new."""
    given = list(dict.fromkeys(user_ids))
    known = set(User.objects.filter(id__in=given).values_list("id", flat=True))
    unusable = make_password(None)
    new = [User(id=user_id, email=None, password=unusable) for user_id in given if user_id not in known]
    # Two imports of one set at once announce the same facts twice, which counts once.
    User.objects.unguarded().bulk_create(new, ignore_conflicts=True)
    publish_all(UserSignedUp(user_id=user.id, version=user.version) for user in new)
    return len(new)


def _as_address(email: str) -> str:
    """Raises ValidationError."""
    return str(forms.EmailField(max_length=254).clean(email.lower()))


def _erase(user: User, at: datetime) -> None:
    """Raises AlreadyErased."""
    user.erase(at)
    user.version += 1
    user.save()
    revoke_all_of(user.id)
    user.groups.clear()
    user.user_permissions.clear()


def _forget_elsewhere(user: User, at: datetime) -> list[Removed]:
    """In this order: what is announced last stays in the log."""
    receipt = forget(user.id, has_acted_for_others=user.has_been_staff)
    publish(UserErased(user_id=user.id, erased_at=user.erased_at or at, version=user.version))
    return receipt
