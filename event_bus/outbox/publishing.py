"""Step 1 of the way of an order: an event is stored in the transaction of the change that it announces."""

from collections.abc import Iterable
from typing import Any

from django.db import router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from event_bus.context import current
from event_bus.events import Event
from event_bus.outbox.models import OutboxEvent
from event_bus.outbox.partitions import partition_id_of
from event_bus.outbox.payloads import compress_json
from event_bus.outbox.waking import wake_relay
from event_bus.row_statements import run_with_each
from event_bus.tracing import current_traceparent

# Without the model, whose instances and fields take longer than the database does (ADR 15).
_INSERT = """
INSERT INTO outbox_outboxevent (partition_id, type, subject, recorded_at, data, correlation_id, actor, traceparent)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""


class NotInTransaction(RuntimeError):
    """An event was published outside of a transaction, so it could not commit with its change."""


def publish(event: Event) -> None:
    """Store the event beside the change. It is sent once the transaction commits, and only then.

    Raises NotInTransaction outside of `transaction.atomic`.
    """
    publish_all([event])


def publish_all(events: Iterable[Event]) -> None:
    """The same as `publish` for many events. Events of one aggregate stand in order."""
    alias = router.db_for_write(OutboxEvent)
    connection = transaction.get_connection(alias)
    if not connection.in_atomic_block:
        raise NotInTransaction(
            "publish() belongs inside transaction.atomic(), beside the change that it announces"
        )
    if not (rows := _rows(events, connection)):
        return
    run_with_each(_INSERT, rows, using=alias)
    transaction.on_commit(wake_relay, using=alias)


def _rows(events: Iterable[Event], connection: BaseDatabaseWrapper) -> list[tuple[Any, ...]]:
    """What _INSERT takes, on PostgreSQL and SQLite."""
    now, context = connection.ops.adapt_datetimefield_value(timezone.now()), current()
    correlation_id, actor, traceparent = context.correlation_id, context.actor, current_traceparent()
    return [
        (
            partition_id_of(event.topic(), event.key),
            event.type,
            event.subject.hex,
            now,
            compress_json(event.model_dump_json()),
            correlation_id,
            actor,
            traceparent,
        )
        for event in events
    ]
