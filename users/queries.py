"""What other apps may ask about users."""

from collections.abc import Iterable
from uuid import UUID

from users.models import User

AT_ONCE = 10_000
"""Users in one query."""


def get_erased(user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these users who asked to be forgotten."""
    wanted, erased = list(set(user_ids)), set()
    for start in range(0, len(wanted), AT_ONCE):
        some = User.objects.filter(id__in=wanted[start : start + AT_ONCE], erased_at__isnull=False)
        erased.update(some.values_list("id", flat=True))
    return erased
