"""Retention: events that are old, sent and applied everywhere leave the log."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import router, transaction
from django.db.models import QuerySet

from event_bus.archives import changing, write_archive
from event_bus.messages import Acknowledgement, Batch, Run
from event_bus.outbox.log import read_batches
from event_bus.outbox.models import Cursor, OutboxEvent, Partition
from event_bus.row_statements import run_with_each
from event_bus.subscriptions import all_subscriptions, all_topics

ARCHIVED_AT_ONCE = 10_000
"""Events in one file."""

CHORE = "prune events"
"""As beat has it done."""

DELETED_AT_ONCE = 1_000
"""Events in one transaction: nobody waits long for it."""


@dataclass(frozen=True)
class Holder:
    """A subscription that has not applied events that are old enough to go."""

    subscription: str
    partition: str
    events: int


@dataclass(frozen=True)
class Pruned:
    run: Run
    events: int
    archive: Path | None


# Put together once: this comes with every sweep, of every partition, between two runs of the relay.
_ACKNOWLEDGE = """
UPDATE outbox_cursor SET acknowledged = %s
WHERE subscription = %s AND acknowledged < %s
    AND partition_id = (SELECT id FROM outbox_partition WHERE topic = %s AND number = %s)
"""


def acknowledge(acknowledgement: Acknowledgement) -> None:
    """Note how far a subscription has applied. An older one that comes late changes nothing."""
    name = acknowledgement.subscription
    run_with_each(
        _ACKNOWLEDGE,
        [(one.position, name, one.position, one.topic, one.partition) for one in acknowledgement.positions],
        using=router.db_for_write(Cursor),
    )


def holders(older_than: datetime) -> list[Holder]:
    """Who still needs events that are older than that."""
    found = []
    for partition in _partitions():
        for subscription, acknowledged in _acknowledged(partition).items():
            old = _stored(partition).filter(position__gt=acknowledged, recorded_at__lt=older_than)
            if events := old.count():
                found.append(Holder(subscription, str(partition), events))
    return found


def prune(older_than: datetime, *, archive: Path | None) -> Iterator[Pruned]:
    """Remove what is older and needed by nobody, oldest first, stopping at the first event that must stay.

    What it has yielded is done. After a crash the next run archives some events again, and misses none.
    """
    for partition in _partitions():
        up_to = min(_acknowledged(partition).values(), default=partition.head)
        while pruned := _prune_next(partition, up_to, older_than, archive):
            yield pruned


def _prune_next(
    partition: Partition, up_to: int, older_than: datetime, archive: Path | None
) -> Pruned | None:
    with changing(archive) if archive else nullcontext():
        run = _next_run(partition, up_to, older_than)
        return _remove(partition, run, archive) if run else None


def _partitions() -> QuerySet[Partition]:
    return Partition.objects.filter(topic__in=all_topics())


def _acknowledged(partition: Partition) -> dict[str, int]:
    """0 for a subscription that is new."""
    listening = [one.name for one in all_subscriptions() if partition.topic in one.topics]
    known = dict(Cursor.objects.filter(partition=partition).values_list("subscription", "acknowledged"))
    return {name: known.get(name, 0) for name in listening}


def _stored(partition: Partition) -> QuerySet[OutboxEvent]:
    return OutboxEvent.objects.filter(partition=partition, position__isnull=False)


def _next_run(partition: Partition, up_to: int, older_than: datetime) -> Run | None:
    oldest = _stored(partition).filter(position__lte=up_to).order_by("position")
    rows: Sequence[tuple[int, datetime]] = list(
        oldest.values_list("position", "recorded_at")[:ARCHIVED_AT_ONCE]  # type: ignore[arg-type]
    )
    last = None
    for position, recorded_at in rows:
        if recorded_at >= older_than:
            break
        last = position
    if last is None:
        return None
    # From where the last run ended: what is missing between was removed to forget somebody, and is in no file.
    partition.refresh_from_db(fields=["pruned"])
    return Run(topic=partition.topic, partition=partition.number, first=partition.pruned + 1, last=last)


def _remove(partition: Partition, run: Run, archive: Path | None) -> Pruned:
    path = write_archive(archive, _whole(run)) if archive else None
    alias = router.db_for_write(OutboxEvent)
    its = _stored(partition).filter(position__range=(run.first, run.last))
    removed = 0
    while rows := list(its.order_by("position").values_list("id", "position")[:DELETED_AT_ONCE]):
        # Together: the next run must not archive under the same name what is left, nor a reader take it for all.
        with transaction.atomic(using=alias):
            removed += OutboxEvent.objects.filter(id__in=[id for id, _ in rows]).delete()[0]
            _note_pruned(partition, up_to=rows[-1][1])
    _note_pruned(partition, up_to=run.last)
    return Pruned(run, removed, path)


def _note_pruned(partition: Partition, *, up_to: int | None) -> None:
    Partition.objects.filter(pk=partition.pk, pruned__lt=up_to).update(pruned=up_to)


def _whole(run: Run) -> Batch:
    events, first = [], run.first
    while first <= run.last:
        [batch] = read_batches([run.model_copy(update={"first": first})])
        events += batch.events
        first = batch.last + 1
    return Batch(**run.model_dump(), events=events)
