"""What the announcing side knows. Imported only where it is installed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from event_bus.outbox.models import Chore, Cursor, OutboxEvent, Partition, SignOfLife
from event_bus.outbox.pruning import CHORE
from event_bus.status.facts import Process
from event_bus.status.processes import processes

Place = tuple[str, int]
"""Topic and number of a partition."""


@dataclass(frozen=True)
class Unnumbered:
    count: int
    oldest: datetime


@dataclass(frozen=True)
class OutboxSide:
    heads: Mapping[Place, int]
    unnumbered: Mapping[Place, Unnumbered]
    sent: Mapping[tuple[str, Place], int]
    oldest_waiting: Mapping[tuple[str, Place], datetime]
    """When the first event committed that a subscription has not applied, where there is one."""
    processes: tuple[Process, ...]
    pruning_since: datetime | None

    @property
    def unnumbered_counts(self) -> dict[Place, int]:
        return {place: some.count for place, some in self.unnumbered.items()}


def ask(applied_up_to: Mapping[tuple[str, Place], int], at: datetime) -> OutboxSide:
    """Numbered before unnumbered: what is numbered meanwhile is left out for a moment, never counted twice."""
    partitions = list(Partition.objects.all())
    place_of = {row.id: (row.topic, row.number) for row in partitions}
    heads = {(row.topic, row.number): row.head for row in partitions}
    unnumbered = OutboxEvent.objects.filter(position=None).values_list("partition_id")
    return OutboxSide(
        heads=heads,
        unnumbered={
            place_of[id]: Unnumbered(count, oldest)
            for id, count, oldest in unnumbered.annotate(count=Count("id"), oldest=Min("recorded_at"))
        },
        sent={
            (subscription, place_of[id]): sent
            for subscription, id, sent in Cursor.objects.values_list("subscription", "partition_id", "sent")
        },
        oldest_waiting={
            (subscription, place): time
            for (subscription, place), position in applied_up_to.items()
            if position < heads.get(place, 0) and (time := _recorded_after(place, position))
        },
        processes=processes(SignOfLife.objects.all().until(at), at),
        pruning_since=Chore.objects.filter(name=CHORE, finished_at=None)
        .values_list("begun_at", flat=True)
        .first(),
    )


def _recorded_after(place: Place, position: int) -> datetime | None:
    topic, number = place
    later = OutboxEvent.objects.filter(
        partition__topic=topic, partition__number=number, position__gt=position
    )
    return later.order_by("position").values_list("recorded_at", flat=True).first()
