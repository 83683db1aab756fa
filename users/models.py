"""People who sign in, and those of whom only the id is left or was ever known."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from event_bus.outbox.guarding import AnnouncedQuerySet


class AlreadyErased(Exception):
    """Nothing personal is left of this user."""


class UserQuerySet(AnnouncedQuerySet["User"]):
    pass


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """What `createsuperuser` and third parties call; users are made by the operation that announces them."""

    def create_user(self, email: str, password: str | None = None, **access: Any) -> "User":
        from users.operations import sign_up

        return sign_up(email=email, password=password, **access)

    def create_superuser(self, email: str, password: str | None = None) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True)

    def get_by_natural_key(self, email: str | None) -> "User":
        user: User = self.get(email=(email or "").strip().lower())
        return user


class User(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(
        "e-mail", unique=True, null=True, blank=True, help_text="None for people who cannot sign in."
    )
    is_staff = models.BooleanField("staff", default=False)
    has_been_staff = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="So events about others may name them as actor.",
    )
    is_active = models.BooleanField("active", default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="an_email_is_in_lower_case"),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(email=None, is_active=False),
                name="an_erased_user_has_no_email_and_cannot_sign_in",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="a_user_version_counts_from_one"),
        ]
        indexes = [
            models.Index(fields=["-joined_at", "-id"], name="users_newest_first"),
            models.Index(fields=["-joined_at", "-id"], condition=Q(is_staff=True), name="staff_newest_first"),
            # They are few, and asked for among thousands.
            models.Index(fields=["id"], condition=Q(erased_at__isnull=False), name="erased_users"),
        ]

    def __str__(self) -> str:
        return str(self.id)  # an e-mail here would stay in the admin's log after the user is erased

    def change_account(self, **changes: str) -> None:
        """Another e-mail address, another password (hashed). Raises AlreadyErased."""
        self._refuse_if_erased()
        for name, value in changes.items():
            setattr(self, name, value)

    def set_access(self, *, is_staff: bool, is_superuser: bool) -> None:
        """Raises AlreadyErased."""
        self._refuse_if_erased()
        self.is_staff, self.is_superuser = is_staff, is_superuser
        self.has_been_staff = self.has_been_staff or is_staff

    def erase(self, at: datetime) -> None:
        """Forget everything personal; the row stays as a tombstone. Raises AlreadyErased."""
        self._refuse_if_erased()
        self.email = None
        self.set_unusable_password()
        self.last_login = None
        self.is_active = self.is_staff = self.is_superuser = False
        self.erased_at = at

    def _refuse_if_erased(self) -> None:
        if self.erased_at is not None:
            raise AlreadyErased(f"user {self.id} was erased at {self.erased_at:%Y-%m-%d %H:%M} UTC")
