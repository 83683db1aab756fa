"""Reading runs of the log back as batches for the wire."""

import json
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import BinaryField, Q
from django.db.models.functions import Cast

from event_bus.events import Envelope
from event_bus.messages import Batch, Run
from event_bus.outbox.models import OutboxEvent
from event_bus.outbox.payloads import decompress


class _Stored(NamedTuple):
    """What of a stored event travels. No model instance: hundreds of these are read for each message."""

    topic: str
    partition: int
    position: int
    id: int
    type: str
    subject: Any
    recorded_at: Any
    data: bytes
    """As it is stored."""
    correlation_id: str | None
    traceparent: str | None


def read_batches(runs: Sequence[Run], *, most_bytes: int | None = None) -> list[Batch]:
    """The events of these runs, in one query, cut short where they would pass `most_bytes` (BATCH_BYTES).

    Runs are numbered positions only. At least one event is returned however large it is.
    """
    if not runs:
        return []
    events: dict[tuple[str, int], list[_Stored]] = defaultdict(list)
    stored = OutboxEvent.objects.filter(reduce(or_, map(_stands_in, runs))).values_list(
        "partition__topic",
        "partition__number",
        "position",
        "id",
        "type",
        "subject",
        "recorded_at",
        Cast("data", BinaryField()),
        "correlation_id",
        "traceparent",
    )
    for row in map(_Stored._make, stored):
        events[row.topic, row.partition].append(row)
    for each in events.values():
        each.sort(key=lambda event: event.position)
    return _cut_to_size(
        [(run, events[run.topic, run.partition]) for run in runs],
        room=most_bytes or settings.EVENT_BUS["BATCH_BYTES"],
    )


def _stands_in(run: Run) -> Q:
    return Q(
        partition__topic=run.topic, partition__number=run.partition, position__range=(run.first, run.last)
    )


def _cut_to_size(runs: list[tuple[Run, list[_Stored]]], *, room: int) -> list[Batch]:
    batches: list[Batch] = []
    for run, events in runs:
        fitting: list[dict[str, Any]] = []
        last = run.last
        for event in events:
            data = decompress(bytes(event.data))
            room -= len(data)
            if room < 0 and (fitting or batches):
                last = event.position - 1
                break
            fitting.append(_envelope(event, json.loads(data)))
        if last >= run.first:
            batches.append(
                Batch(topic=run.topic, partition=run.partition, first=run.first, last=last, events=fitting)
            )
        if room < 0:
            break
    return batches


def _envelope(event: _Stored, data: Any) -> dict[str, Any]:
    """The JSON form of an Envelope, built by hand: 500 of them are made for each message."""
    envelope = {
        "specversion": Envelope.model_fields["specversion"].default,
        "id": str(event.id),
        "source": settings.EVENT_BUS["SOURCE"],
        "type": event.type,
        "subject": str(event.subject),
        "time": event.recorded_at.isoformat(),
        "data": data,
        "position": event.position,
    }
    if event.correlation_id:
        envelope["correlationid"] = event.correlation_id
    if event.traceparent:
        envelope["traceparent"] = event.traceparent
    return envelope
