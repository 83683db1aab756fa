"""The canary sings: an event like any other, through the log, the relay, the broker and every subscription."""

from datetime import datetime
from uuid import uuid4

from django.db import router, transaction

from event_bus import canary
from event_bus.outbox.models import OutboxEvent, Partition
from event_bus.outbox.waking import wake_relay


def sing(*, at: datetime) -> None:
    """Announce the canary. What it sang an hour ago leaves the log: a position without an event counts as sent."""
    partition = Partition.objects.get(topic=canary.TOPIC, number=canary.PARTITION)
    alias = router.db_for_write(OutboxEvent)
    with transaction.atomic(using=alias):
        OutboxEvent.objects.create(
            partition=partition, type=canary.TYPE, subject=uuid4(), recorded_at=at, data={}
        )
        transaction.on_commit(wake_relay, using=alias)
    forgotten = OutboxEvent.objects.filter(partition=partition, position__isnull=False)
    forgotten.filter(recorded_at__lt=at - canary.KEPT).delete()
