"""Up to when a subscription is known to be complete."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connections, router

from event_bus.inbox.models import Checkpoint
from event_bus.subscriptions import get_subscription

_AS_OF = """
SELECT CASE WHEN count(*) >= %s AND count(complete_as_of) = count(*)
THEN CAST(min(complete_as_of) AS text) END AS complete_as_of
FROM inbox_checkpoint
WHERE subscription = %s AND topic IN ({topics})
"""


def complete_as_of(subscription: str) -> datetime | None:
    """Whatever its topics committed before this time has been applied (or put aside as a dead letter).

    None until every partition has been heard of: as many as settings name, and those that were heard of beyond, where
    the shop has raised their number or this side has lowered it.
    """
    statement, parameters = as_of_in_sql(subscription)
    with connections[router.db_for_read(Checkpoint)].cursor() as cursor:
        cursor.execute(statement, parameters)
        return as_of_from_sql(cursor.fetchone()[0])


def as_of_in_sql(subscription: str) -> tuple[str, list[Any]]:
    """The same as a statement and its parameters, for those who read rows with it: one row, `complete_as_of`."""
    topics, partitions = get_subscription(subscription).topics, settings.EVENT_BUS["PARTITIONS"]
    statement = _AS_OF.format(topics=", ".join(["%s"] * len(topics)))
    return statement, [len(topics) * partitions, subscription, *topics]


def as_of_from_sql(value: str | None) -> datetime | None:
    """What its value stands for. SQLite leaves the offset out."""
    time = datetime.fromisoformat(value) if value else None
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


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
