"""What was sent, when and how often: a row per batch, kept for some days."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import router

from event_bus import canary
from event_bus.journal import delete_oldest
from event_bus.messages import Message
from event_bus.outbox.models import Dispatch
from event_bus.row_statements import insert_all


def write_down(message: Message, *, again: bool) -> None:
    """A message without batches leaves no row."""
    assert message.sent_at is not None
    rows = [
        Dispatch(
            message=message.id,
            subscription=message.subscription,
            topic=batch.topic,
            partition=batch.partition,
            first=batch.first,
            last=batch.last,
            sent_at=message.sent_at,
            again=again,
        )
        for batch in message.batches
    ]
    insert_all(rows, using=router.db_for_write(Dispatch))


def prune_dispatches(*, at: datetime) -> int:
    """Delete what is older than JOURNAL_DAYS, and all but the last canaries. Returns how many rows."""
    before = at - timedelta(days=settings.EVENT_BUS["JOURNAL_DAYS"])
    canaries = Dispatch.objects.filter(topic=canary.TOPIC, sent_at__lt=at - canary.KEPT)
    return delete_oldest(canaries) + delete_oldest(Dispatch.objects.filter(sent_at__lt=before))
