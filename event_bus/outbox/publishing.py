"""Step 1 of the way of an order: an event is stored in the transaction of the change that it announces."""

from collections.abc import Iterable

from django.db import router, transaction
from django.utils import timezone

from event_bus.context import current
from event_bus.events import Event
from event_bus.outbox.models import OutboxEvent
from event_bus.outbox.partitions import partition_id_of
from event_bus.outbox.waking import wake_relay
from event_bus.row_statements import insert
from event_bus.tracing import current_traceparent


class NotInTransaction(RuntimeError):
    """An event was published outside of a transaction, so it could not commit with its change."""


def publish(event: Event) -> OutboxEvent:
    """Store the event beside the change. It is sent once the transaction commits, and only then.

    Raises NotInTransaction outside of `transaction.atomic`.
    """
    return publish_all([event])[0]


def publish_all(events: Iterable[Event]) -> list[OutboxEvent]:
    """The same as `publish` for many events, in one insert. Events of one aggregate stand in order."""
    alias = router.db_for_write(OutboxEvent)
    connection = transaction.get_connection(alias)
    if not connection.in_atomic_block:
        raise NotInTransaction(
            "publish() belongs inside transaction.atomic(), beside the change that it announces"
        )
    stored = _rows(events)
    if len(stored) == 1:
        insert(stored[0], using=alias)
    else:
        OutboxEvent.objects.bulk_create(stored)
    transaction.on_commit(wake_relay, using=alias)
    return stored


def _rows(events: Iterable[Event]) -> list[OutboxEvent]:
    now, context = timezone.now(), current()
    correlation_id, actor, traceparent = context.correlation_id, context.actor, current_traceparent()
    return [
        OutboxEvent(
            partition_id=partition_id_of(event.topic(), event.key),
            type=event.type,
            subject=event.subject,
            recorded_at=now,
            data=event.model_dump(mode="json"),
            correlation_id=correlation_id,
            actor=actor,
            traceparent=traceparent,
        )
        for event in events
    ]
