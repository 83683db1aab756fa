"""The log into the spare tables: the relay's batches and the inbox's way of applying them, without the broker."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from django.utils import timezone

from event_bus.archives import read_archive
from event_bus.inbox.models import Checkpoint
from event_bus.inbox.receiving import receive
from event_bus.messages import Message, Run
from event_bus.outbox.log import read_batches
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
    that no two workers meet at the rows of one user. It goes on where it was interrupted.
    """
    number, workers = share
    partitions = Partition.objects.filter(topic__in=subscription.topics).order_by("id")
    for partition in [row for row in partitions if row.number % workers == number]:
        place = (partition.topic, partition.number)
        yield from _fill_partition(
            subscription, place, partition.head if up_to is None else up_to.get(place, 0)
        )


def fill_from_archive(
    subscription: Subscription, folder: Path, *, share: tuple[int, int] = (0, 1)
) -> Iterator[int]:
    """The same for what was pruned: runs in files, as `prune_events --archive` wrote them. Raises ArchiveDamaged."""
    number, workers = share
    for batch in read_archive(folder):
        if batch.topic in subscription.topics and batch.partition % workers == number:
            receive(Message(subscription=subscription.name, batches=[batch]), at=timezone.now())
            yield batch.last - batch.first + 1


def _fill_partition(subscription: Subscription, place: Place, up_to: int) -> Iterator[int]:
    topic, number = place
    checkpoint = Checkpoint.objects.of(subscription.name).filter(topic=topic, partition=number).first()
    position = checkpoint.applied_up_to if checkpoint else 0
    while position < up_to:
        last = min(position + AT_ONCE, up_to)
        run = Run(topic=topic, partition=number, first=position + 1, last=last)
        [batch] = read_batches([run], most_bytes=AT_ONCE_BYTES)
        # Only now: what is pruned while it is read is missing too.
        pruned = Partition.objects.get(topic=topic, number=number).pruned
        if position < pruned:
            raise LogIncomplete(
                f"the log of {topic}/{number} begins after position {pruned:,}, what came before was pruned"
            )
        receive(Message(subscription=subscription.name, batches=[batch]), at=timezone.now())
        yield batch.last - position
        position = batch.last
