"""Reading runs of the log back as batches for the wire."""

import json
from collections import defaultdict
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.conf import settings
from django.db.models import Q

from event_bus.events import Envelope
from event_bus.messages import Batch, Run
from event_bus.outbox.models import OutboxEvent


def read_batches(runs: Sequence[Run]) -> list[Batch]:
    """The events of these runs, in one query, cut short where they would pass BATCH_BYTES.

    Runs are numbered positions only. At least one event is returned however large it is.
    """
    if not runs:
        return []
    events: dict[tuple[str, int], list[OutboxEvent]] = defaultdict(list)
    for event in OutboxEvent.objects.filter(reduce(or_, map(_stands_in, runs))).select_related("partition"):
        events[event.partition.topic, event.partition.number].append(event)
    return _cut_to_size([(run, sorted(events[run.topic, run.partition], key=_position)) for run in runs])


def _stands_in(run: Run) -> Q:
    return Q(
        partition__topic=run.topic, partition__number=run.partition, position__range=(run.first, run.last)
    )


def _position(event: OutboxEvent) -> int:
    assert event.position is not None
    return event.position


def _cut_to_size(runs: list[tuple[Run, list[OutboxEvent]]]) -> list[Batch]:
    batches: list[Batch] = []
    room = settings.EVENT_BUS["BATCH_BYTES"]
    for run, events in runs:
        fitting: list[dict[str, Any]] = []
        last = run.last
        for event in events:
            room -= len(json.dumps(event.data))
            if room < 0 and (fitting or batches):
                last = _position(event) - 1
                break
            fitting.append(_envelope(event))
        if last >= run.first:
            batches.append(
                Batch(topic=run.topic, partition=run.partition, first=run.first, last=last, events=fitting)
            )
        if room < 0:
            break
    return batches


def _envelope(event: OutboxEvent) -> dict[str, Any]:
    """The JSON form of an Envelope, built by hand: 500 of them are made for each message."""
    envelope = {
        "specversion": Envelope.model_fields["specversion"].default,
        "id": str(event.pk),
        "source": settings.EVENT_BUS["SOURCE"],
        "type": event.type,
        "subject": str(event.subject),
        "time": event.recorded_at.isoformat(),
        "data": event.data,
        "position": event.position,
    }
    if event.correlation_id:
        envelope["correlationid"] = event.correlation_id
    if event.traceparent:
        envelope["traceparent"] = event.traceparent
    return envelope
