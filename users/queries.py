"""What other apps may ask about users."""

from collections.abc import Iterable
from uuid import UUID

from users.models import User


def get_erased(user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these users who asked to be forgotten. One query."""
    erased = User.objects.filter(id__in=set(user_ids), erased_at__isnull=False)
    return set(erased.values_list("id", flat=True))
