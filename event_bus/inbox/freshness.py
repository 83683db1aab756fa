"""Up to when a subscription is known to be complete."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from event_bus.inbox.models import Checkpoint
from event_bus.subscriptions import get_subscription


def complete_as_of(subscription: str) -> datetime | None:
    """Whatever its topics committed before this time has been applied (or put aside as a dead letter).

    None until every partition has been heard of.
    """
    partitions = {
        (topic, number)
        for topic in get_subscription(subscription).topics
        for number in range(settings.EVENT_BUS["PARTITIONS"])
    }
    rows = Checkpoint.objects.of(subscription).values_list("topic", "partition", "complete_as_of")
    heard = {(topic, number): time for topic, number, time in rows}
    known = [time for time in map(heard.get, partitions) if time is not None]
    return min(known) if len(known) == len(partitions) else None


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
