"""Switching off one safeguard in the shop's processes: the harness must then fail, or its green means nothing.

Each sabotage also names the faults that bring it to light.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from benchmarks.chaos.patching import replace

VARIABLE = "CHAOS_SABOTAGE"


@dataclass(frozen=True)
class Sabotage:
    install: Callable[[], None]
    shown_by: tuple[str, ...]
    needs_postgres: bool = False


def no_redelivery() -> None:
    """What is missing is never asked for again."""
    from event_bus.inbox.models import Checkpoint

    def ask_for_nothing(self: Checkpoint, **_: Any) -> list[Any]:
        return []

    replace(Checkpoint, "ask_for_gaps", ask_for_nothing)


def no_version_guard() -> None:
    """Whatever arrives last stays, in the statement and inside one batch."""
    from event_bus.inbox import upserting
    from order_history import projections

    statement = upserting._statement

    def unguarded_statement(*arguments: Any) -> str:
        guarded = statement(*arguments)
        unguarded, where, _ = guarded.partition(" WHERE ")
        assert where, guarded
        return unguarded

    def keep_last(model: Any, rows: Iterable[Any], *, key: Sequence[str]) -> None:
        identity = itemgetter(*key)
        last = {identity(row): row for row in rows}
        if last:
            upserting._upsert(model, [last[each] for each in upserting.in_order_of_locks(last)], key)

    replace(upserting, "_statement", unguarded_statement)
    replace(projections, "keep_newest", keep_last)


def numbering_by_the_last_one_seen() -> None:
    """Only events after the last one numbered get a number: who commits late is passed over for ever."""
    from event_bus.outbox import numbering

    last_seen = (
        "position IS NULL AND event.id > "
        "(SELECT COALESCE(MAX(id), 0) FROM outbox_outboxevent WHERE position IS NOT NULL)"
    )
    assert numbering._WAITING.count("position IS NULL") == 1
    numbering._WAITING = numbering._WAITING.replace("position IS NULL", last_seen)


def checkpoint_on_its_own() -> None:
    """Positions are remembered, and committed, before their events are applied."""
    from django.db import router, transaction

    from event_bus.inbox import receiving, tasks
    from event_bus.inbox.journal import Outcome
    from event_bus.inbox.models import Checkpoint
    from event_bus.inbox.projections import projection_of
    from event_bus.tracing import Trail

    def remember_then_apply(message: Any, *, at: Any) -> list[Any]:
        projection = projection_of(message.subscription)
        with transaction.atomic(using=router.db_for_write(Checkpoint)):
            checkpoints = receiving._locked_checkpoints(message)
            arrivals = [
                arrival
                for batch in message.batches
                for arrival in receiving._new_in(Outcome(batch), checkpoints[batch.topic, batch.partition])
            ]
            for batch in message.batches:
                checkpoints[batch.topic, batch.partition].remember(batch.first, batch.last)
            missing = list(receiving._hear_watermarks(message, checkpoints, at))
            Checkpoint.objects.save_all(list(checkpoints.values()))
        with transaction.atomic(using=router.db_for_write(Checkpoint)):
            receiving._apply(arrivals, projection, message.subscription, at, Trail("apply", ""))
        return missing

    replace(tasks, "receive_message", remember_then_apply)


def no_outbox() -> None:
    """The event is stored in a step of its own after the commit, if the broker answers at that moment."""
    import redis
    from django.conf import settings
    from django.db import transaction
    from django.utils import timezone

    from event_bus.outbox import publishing
    from event_bus.outbox.models import OutboxEvent
    from event_bus.outbox.partitions import partition_id_of
    from event_bus.outbox.waking import wake_relay

    def write_twice(events: Iterable[Any]) -> None:
        rows = [
            OutboxEvent(
                partition_id=partition_id_of(event.topic(), event.key),
                type=event.type,
                subject=event.subject,
                recorded_at=timezone.now(),
                data=event.model_dump(mode="json"),
            )
            for event in events
        ]

        def second_write() -> None:
            client = redis.Redis.from_url(
                settings.CELERY_BROKER_URL, socket_timeout=0.2, socket_connect_timeout=0.2
            )
            try:
                client.ping()
            except redis.RedisError:
                return
            finally:
                client.close()
            OutboxEvent.objects.bulk_create(rows)
            wake_relay()

        transaction.on_commit(second_write)

    replace(publishing, "publish_all", write_twice)


SABOTAGES = {
    "redelivery": Sabotage(no_redelivery, shown_by=("messages dropped",)),
    "version-guard": Sabotage(no_version_guard, shown_by=("messages delayed", "messages reordered")),
    "numbering-after-commit": Sabotage(
        numbering_by_the_last_one_seen, shown_by=("slow commits",), needs_postgres=True
    ),
    "checkpoint": Sabotage(checkpoint_on_its_own, shown_by=("history child killed while applying",)),
    "outbox": Sabotage(no_outbox, shown_by=("broker paused",)),
}
