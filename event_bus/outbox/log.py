"""Reading runs of the log back as batches for the wire."""

import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connections, router
from psycopg.pq import Format

from event_bus.events import Envelope
from event_bus.messages import Batch, Run
from event_bus.outbox.models import OutboxEvent
from event_bus.outbox.partitions import partition_id
from event_bus.outbox.payloads import UnknownDictionary, decompress

# Of the columns that either database has; ids and times as texts, as they travel.
_EVENTS = """
SELECT partition_id, position, id, type, CAST(subject AS text), CAST(recorded_at AS text), data,
    correlation_id, traceparent
FROM outbox_outboxevent
WHERE {in_runs}
"""
_IN_RUN = "(partition_id = %s AND position BETWEEN %s AND %s)"
_DATA = f"SELECT position, type, data FROM outbox_outboxevent WHERE {_IN_RUN} ORDER BY position"  # noqa: S608


class _Stored(NamedTuple):
    """What of a stored event travels. No model instance: hundreds of these are read for each message."""

    partition_id: int
    position: int
    id: int
    type: str
    subject: str
    recorded_at: str
    data: bytes
    """As it is stored."""
    correlation_id: str | None
    traceparent: str | None


class UnreadableEvent(Exception):
    """What is stored of it cannot be decompressed: it is damaged, or of a newer release that was rolled back."""

    def __init__(self, topic: str, partition: int, position: int) -> None:
        super().__init__(f"{topic}/{partition}:{position} cannot be read from the log")
        self.topic, self.partition, self.position = topic, partition, position


def read_batches(
    runs: Sequence[Run], *, most_bytes: int | None = None, data_from: Callable[[bytes], Any] = orjson.loads
) -> list[Batch]:
    """The events of these runs, in one query, cut short where they would pass `most_bytes` (BATCH_BYTES).

    Runs are numbered positions only. At least one event is returned however large it is. `data_from` makes an event's
    `data` from its JSON: `orjson.Fragment` leaves that as it is, for the wire.

    Raises UnknownPartition, or UnreadableEvent.
    """
    if not runs:
        return []
    ids = [partition_id(run.topic, run.partition) for run in runs]
    events: dict[int, list[_Stored]] = defaultdict(list)
    with connections[router.db_for_read(OutboxEvent)].cursor() as cursor:
        cursor.execute(
            _EVENTS.format(in_runs=" OR ".join([_IN_RUN] * len(runs))),
            [bound for id, run in zip(ids, runs, strict=True) for bound in (id, run.first, run.last)],
        )
        for row in map(_Stored._make, cursor.fetchall()):
            events[row.partition_id].append(row)
    for each in events.values():
        each.sort(key=attrgetter("position"))
    return _cut_to_size(
        [(run, events[id]) for id, run in zip(ids, runs, strict=True)],
        room=most_bytes or settings.EVENT_BUS["BATCH_BYTES"],
        data_from=data_from,
    )


def read_data(run: Run, *, most_bytes: int) -> tuple[int, list[tuple[str, bytes]]]:
    """Of a run's events what they say and no more: the last position that was read, and (type, JSON) of each.

    Cut short as `read_batches` cuts. Raises UnknownPartition.
    """
    events: list[tuple[str, bytes]] = []
    connection = connections[router.db_for_read(OutboxEvent)]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.cursor.format = Format.BINARY  # bytes as they are, rather than as a hexadecimal text
        cursor.execute(_DATA, [partition_id(run.topic, run.partition), run.first, run.last])
        for position, type_, stored in cursor.fetchall():
            data = decompress(bytes(stored))
            most_bytes -= len(data)
            if most_bytes < 0 and events:
                return position - 1, events
            events.append((type_, data))
    return run.last, events


def _cut_to_size(
    runs: list[tuple[Run, list[_Stored]]], *, room: int, data_from: Callable[[bytes], Any]
) -> list[Batch]:
    specversion, source = Envelope.model_fields["specversion"].default, settings.EVENT_BUS["SOURCE"]
    alike = {"specversion": specversion, "source": source}
    batches: list[Batch] = []
    for run, events in runs:
        fitting: list[dict[str, Any]] = []
        last = run.last
        for event in events:
            try:
                data = decompress(bytes(event.data))
            except (UnknownDictionary, zlib.error, IndexError) as error:
                raise UnreadableEvent(run.topic, run.partition, event.position) from error
            room -= len(data)
            if room < 0 and (fitting or batches):
                last = event.position - 1
                break
            fitting.append(alike | _envelope(event, data_from(data)))
        if last >= run.first:
            batches.append(
                Batch(topic=run.topic, partition=run.partition, first=run.first, last=last, events=fitting)
            )
        if room < 0:
            break
    return batches


def _envelope(event: _Stored, data: Any) -> dict[str, Any]:
    """The JSON form of an Envelope, but for what all have alike. By hand: 1,000 of them are made for each message."""
    envelope = {
        "id": str(event.id),
        "type": event.type,
        "subject": _hyphenated(event.subject),
        "time": _iso(event.recorded_at),
        "data": data,
        "position": event.position,
    }
    if event.correlation_id:
        envelope["correlationid"] = event.correlation_id
    if event.traceparent:
        envelope["traceparent"] = event.traceparent
    return envelope


def _hyphenated(id: str) -> str:
    """SQLite keeps it without."""
    return id if "-" in id else str(UUID(id))


def _iso(time: str) -> str:
    """From "2026-01-31 12:00:00.5+00", or without the offset as in SQLite. Both keep UTC."""
    return f"{time[:10]}T{time[11:].removesuffix('+00')}+00:00"
