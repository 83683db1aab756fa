"""Up to when a subscription is known to be complete."""

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
