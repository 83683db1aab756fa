"""Up to when a subscription is known to be complete."""

from datetime import datetime

from event_bus.inbox.models import Checkpoint


def complete_as_of(subscription: str) -> datetime | None:
    """Whatever its topics committed before this time has been applied (or put aside as a dead letter).

    None until every partition has been heard of.
    """
    times = list(Checkpoint.objects.of(subscription).values_list("complete_as_of", flat=True))
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None
