"""Up to when a subscription is known to be complete."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db import connections, router

from event_bus.inbox.models import Checkpoint
from event_bus.subscriptions import get_subscription

# As a text, which either database reads as the time that it is.
_AS_OF = """
SELECT CAST(min(complete_as_of) AS text), count(complete_as_of)
FROM inbox_checkpoint
WHERE subscription = %s AND topic IN ({topics}) AND partition < %s
"""


def complete_as_of(subscription: str) -> datetime | None:
    """Whatever its topics committed before this time has been applied (or put aside as a dead letter).

    None until every partition has been heard of.
    """
    topics, partitions = get_subscription(subscription).topics, settings.EVENT_BUS["PARTITIONS"]
    statement = _AS_OF.format(topics=", ".join(["%s"] * len(topics)))
    with connections[router.db_for_read(Checkpoint)].cursor() as cursor:
        cursor.execute(statement, [subscription, *topics, partitions])
        earliest, heard = cursor.fetchone()
    if heard < len(topics) * partitions:
        return None
    time = datetime.fromisoformat(earliest)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Freshness:
    complete_as_of: datetime | None
    """Whatever committed before is applied."""
    seconds_behind: float | None
    seconds_until_broken: float | None
    """Until the objective is broken if nothing moves from now on; negative since it was."""


def freshness_of(subscription: str, *, at: datetime) -> Freshness:
    as_of = complete_as_of(subscription)
    if as_of is None:
        return Freshness(None, None, None)
    behind = max((at - as_of).total_seconds(), 0.0)
    return Freshness(as_of, behind, settings.EVENT_BUS["FRESHNESS_OBJECTIVE"] - behind)
