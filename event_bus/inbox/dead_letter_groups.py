"""Dead letters grouped by what went wrong: a bug makes thousands, and one line says it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min, QuerySet
from django.db.models.functions import Left

from event_bus.inbox.models import DeadLetter

PREFIX_LENGTH = 80
"""Characters of the message that tell one error from another; what follows is mostly the event's own values."""


@dataclass(frozen=True)
class DeadLetterGroup:
    error_type: str
    error: str
    """How the message begins."""
    type: str
    """Of the event; empty for a message that holds none."""
    count: int
    oldest: datetime
    newest: datetime


def group_by_error(letters: QuerySet[DeadLetter]) -> Iterator[DeadLetterGroup]:
    """The largest group first; one query."""
    groups = (
        letters.annotate(beginning=Left("error", PREFIX_LENGTH))
        .order_by()
        .values_list("error_type", "beginning", "type")
        .annotate(count=Count("id"), oldest=Min("first_failed_at"), newest=Max("last_failed_at"))
        .order_by("-count", "error_type", "beginning", "type")
    )
    return (DeadLetterGroup(*group) for group in groups.iterator())
