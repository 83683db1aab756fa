"""What was received, and what became of it: a row per batch, in the transaction of its checkpoint."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import router

from event_bus import canary
from event_bus.inbox.models import Delivery
from event_bus.journal import delete_oldest
from event_bus.latencies import histogram_of
from event_bus.messages import Batch, Message
from event_bus.row_statements import insert_all


@dataclass
class Outcome:
    """What became of one batch."""

    batch: Batch
    committed_at: list[datetime] = field(default_factory=list)
    """Of each event that was applied."""
    dead_lettered: int = 0

    def entry(self, message: Message, *, received_at: datetime, applied_at: datetime) -> Delivery:
        latencies = histogram_of((applied_at - time).total_seconds() for time in self.committed_at)
        return Delivery(
            message=message.id,
            subscription=message.subscription,
            topic=self.batch.topic,
            partition=self.batch.partition,
            first=self.batch.first,
            last=self.batch.last,
            sent_at=message.sent_at,
            received_at=received_at,
            applied_at=applied_at,
            committed_at=max(self.committed_at, default=None),
            applied=len(self.committed_at),
            already_there=len(self.batch.events) - len(self.committed_at) - self.dead_lettered,
            dead_lettered=self.dead_lettered,
            latencies=latencies,
        )


class Stopwatch:
    """Tells the time, from a time that was given, by a clock that nobody turns back."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._started = time.monotonic()

    def now(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self._started)


def write_down(message: Message, outcomes: Iterable[Outcome], stopwatch: Stopwatch) -> None:
    """A message without batches leaves no row."""
    applied_at = stopwatch.now()
    rows = [outcome.entry(message, received_at=stopwatch.at, applied_at=applied_at) for outcome in outcomes]
    insert_all(rows, using=router.db_for_write(Delivery))


def prune_deliveries(*, at: datetime) -> int:
    """Delete what is older than JOURNAL_DAYS, and all but the last canaries. Returns how many rows."""
    before = at - timedelta(days=settings.EVENT_BUS["JOURNAL_DAYS"])
    canaries = Delivery.objects.filter(topic=canary.TOPIC, applied_at__lt=at - canary.KEPT)
    return delete_oldest(canaries) + delete_oldest(Delivery.objects.filter(applied_at__lt=before))
