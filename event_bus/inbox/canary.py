"""The newest canary that a subscription has heard."""

from dataclasses import dataclass
from datetime import datetime

from event_bus import canary
from event_bus.inbox.models import Delivery


@dataclass(frozen=True)
class CanaryHeard:
    committed_at: datetime
    applied_at: datetime
    took: float
    """Seconds from commit to applied."""


def newest_canary(subscription: str) -> CanaryHeard | None:
    heard = Delivery.objects.filter(
        subscription=subscription,
        topic=canary.TOPIC,
        partition=canary.PARTITION,
        committed_at__isnull=False,
    )
    newest = heard.order_by("-first").first()
    if newest is None or newest.committed_at is None:
        return None
    took = (newest.applied_at - newest.committed_at).total_seconds()
    return CanaryHeard(newest.committed_at, newest.applied_at, took)
