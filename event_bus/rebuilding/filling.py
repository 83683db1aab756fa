"""The log into the spare tables: through the handlers of messages, without envelopes and without the broker."""

from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from django.db import router, transaction
from django.utils import timezone

from event_bus.archives import read_archive, runs_in
from event_bus.durability import need_not_last
from event_bus.inbox import ranges
from event_bus.inbox.dead_letters import PASSING
from event_bus.inbox.models import Checkpoint
from event_bus.inbox.projections import of_json, projection_of
from event_bus.inbox.receiving import receive
from event_bus.messages import Message, Run
from event_bus.outbox.log import read_batches, read_data
from event_bus.outbox.models import Partition
from event_bus.subscriptions import Subscription

AT_ONCE = 5_000
"""Events in one transaction. Nobody waits for a row of theirs, so they are many."""

AT_ONCE_BYTES = 20_000_000


class LogIncomplete(Exception):
    """What is needed first was pruned."""


Place = tuple[str, int]
"""A topic and the number of a partition."""


def fill(
    subscription: Subscription,
    *,
    share: tuple[int, int] = (0, 1),
    up_to: Mapping[Place, int] | None = None,
) -> Iterator[int]:
    """Apply what the log holds, up to its present heads or to positions given; tells how many each step brought.

    `share` (k, n): of n workers the k-th, from 0. It takes the partitions of one remainder in every topic, so
    that no two workers meet at the rows of one user; if the number of partitions was raised they may, and wait for each
    other's locks. It goes on where it was interrupted. Topics come in the
    subscription's order: whoever erases when users do has nothing to erase yet if their orders come later.
    """
    number, workers = share
    for topic in subscription.topics:
        partitions = Partition.objects.filter(topic=topic).order_by("number")
        for partition in [row for row in partitions if row.number % workers == number]:
            place = (topic, partition.number)
            yield from _fill_partition(
                subscription, place, partition.head if up_to is None else up_to.get(place, 0)
            )


def check_that_all_is_there(subscription: Subscription, archive: Path | None) -> None:
    """From position 1 on, in the log and the archive together; each file is read through. Raises LogIncomplete or
    ArchiveDamaged."""
    held: dict[Place, ranges.Ranges] = {}
    for run in runs_in(archive) if archive else ():
        place = (run.topic, run.partition)
        held[place] = ranges.add(held.get(place, []), run.first, run.last)
    for topic, number, pruned in Partition.objects.filter(topic__in=subscription.topics).values_list(
        "topic", "number", "pruned"
    ):
        for first, last in ranges.missing(held.get((topic, number), []), pruned):
            where = f"is not in {archive} either" if archive else "was pruned"
            raise LogIncomplete(f"{topic}/{number}, positions {first:,} to {last:,}, {where}")
    if archive:
        deque(read_archive(archive), maxlen=0)


def fill_from_archive(
    subscription: Subscription, folder: Path, *, share: tuple[int, int] = (0, 1)
) -> Iterator[int]:
    """The same for what was pruned: runs in files, as `prune_events --archive` wrote them. Raises ArchiveDamaged."""
    number, workers = share
    for topic in subscription.topics:
        for batch in read_archive(folder, topic):
            if batch.partition % workers == number:
                receive(Message(subscription=subscription.name, batches=[batch]), at=timezone.now())
                yield batch.last - batch.first + 1


def _fill_partition(subscription: Subscription, place: Place, up_to: int) -> Iterator[int]:
    topic, number = place
    checkpoint = Checkpoint.objects.of(subscription.name).filter(topic=topic, partition=number).first()
    position = checkpoint.applied_up_to if checkpoint else 0
    while position < up_to:
        run = Run(topic=topic, partition=number, first=position + 1, last=min(position + AT_ONCE, up_to))
        last, events = read_data(run, most_bytes=AT_ONCE_BYTES)
        _check_that_none_was_pruned(run)
        run = run.model_copy(update={"last": last})
        try:
            _apply(subscription, run, events)
        except PASSING:
            raise
        except Exception:  # of some event: all is undone, and done again as of a message, with care
            batches = read_batches([run], most_bytes=AT_ONCE_BYTES)
            _check_that_none_was_pruned(run)
            receive(Message(subscription=subscription.name, batches=batches), at=timezone.now())
        yield last - position
        position = last


def _check_that_none_was_pruned(run: Run) -> None:
    """Once it is read: what is pruned meanwhile is missing too. Raises LogIncomplete."""
    pruned = Partition.objects.get(topic=run.topic, number=run.partition).pruned
    if run.first <= pruned:
        raise LogIncomplete(
            f"the log of {run.topic}/{run.partition} begins after position {pruned:,}, what came before was pruned"
        )


def _apply(subscription: Subscription, run: Run, events: list[tuple[str, bytes]]) -> None:
    """As a message is applied, save what only messages need: envelopes, and a journal."""
    projection, alias = projection_of(subscription.name), router.db_for_write(Checkpoint)
    with transaction.atomic(using=alias):
        need_not_last(alias)
        [checkpoint] = Checkpoint.objects.lock(subscription.name, {(run.topic, run.partition)})
        projection.apply(events, of_json)
        checkpoint.remember(run.first, run.last)
        Checkpoint.objects.save_all([checkpoint])
