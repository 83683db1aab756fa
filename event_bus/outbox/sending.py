"""Sending one subscription what it has not been sent, as far as its queue has room."""

import random
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

import orjson
import structlog
from django.conf import settings
from django.db import connections, router, transaction
from django.utils import timezone
from kombu import Connection

from event_bus.durability import need_not_last
from event_bus.messages import RECEIVE, Message, Run, Watermark
from event_bus.outbox.journal import write_down
from event_bus.outbox.log import UnreadableEvent, read_batches
from event_bus.outbox.models import Cursor
from event_bus.queues import send, waiting_in
from event_bus.row_statements import run_with_each
from event_bus.subscriptions import Subscription
from event_bus.tracing import Trail

logger = structlog.stdlib.get_logger(__name__)


def room_in_queue(subscription: Subscription, connection: Connection) -> int:
    """How many more messages may wait: the outbox is the buffer, so that the broker's memory stays bounded."""
    return int(settings.EVENT_BUS["QUEUE_DEPTH"]) - waiting_in(subscription.queue, connection)


class Lane(NamedTuple):
    """A partition that holds more than a subscription was sent."""

    cursor: int
    topic: str
    partition: int
    sent: int
    head: int


# Put together once: these run for every wake-up, and Django would compile them anew each time.
_LANES = """
SELECT place.id, lane.topic, lane.number, place.sent, lane.head
FROM outbox_cursor AS place JOIN outbox_partition AS lane ON lane.id = place.partition_id
WHERE place.subscription = %s AND place.sent < lane.head AND lane.topic IN ({topics})
ORDER BY lane.id
"""
# Compare and set: where another relay was faster, its cursor stands.
_MOVE = "UPDATE outbox_cursor SET sent = %s WHERE id = %s AND sent = %s"


def send_pending(
    subscription: Subscription, *, as_of: datetime | None, until: float, connection: Connection
) -> None:
    """Send what lies between the cursors and the heads, while there is room and `time.monotonic() < until`.

    `as_of`: whatever committed before it has been numbered; None if that is not known.
    A crash between sending and moving a cursor sends the batch again: a duplicate, never a loss.
    An event that cannot be read keeps what comes after it in its partition waiting, and nothing else.
    """
    room = room_in_queue(subscription, connection)
    readable_up_to: dict[tuple[str, int], int] = {}
    while room > 0 and time.monotonic() < until:
        behind = _lanes_behind_head(subscription)
        heads = {(lane.topic, lane.partition): lane.head for lane in behind}
        lanes = [*_readable(behind, readable_up_to)]
        try:
            batches = read_batches(_next_runs(lanes), data_from=orjson.Fragment)
        except UnreadableEvent as error:
            name = subscription.name
            logger.error("%s: what follows it waits: %s", error, error.__cause__, subscription=name)
            readable_up_to[error.topic, error.partition] = error.position - 1
            continue
        if not batches:
            return
        watermarks = [
            Watermark(
                topic=batch.topic,
                partition=batch.partition,
                head=heads[batch.topic, batch.partition],
                sent=batch.last,
                as_of=as_of,
            )
            for batch in batches
        ]
        message = Message(
            id=uuid4(),
            sent_at=timezone.now(),
            subscription=subscription.name,
            batches=batches,
            watermarks=watermarks,
        )
        send_message(message, subscription, connection)
        _move(lanes, message)
        room -= 1
        if sum(batch.last - batch.first + 1 for batch in batches) == sum(
            lane.head - lane.sent for lane in lanes
        ):
            return


def _readable(lanes: Iterable[Lane], up_to: Mapping[tuple[str, int], int]) -> Iterator[Lane]:
    for lane in lanes:
        head = up_to.get((lane.topic, lane.partition), lane.head)
        if lane.sent < head:
            yield lane._replace(head=head)


def _lanes_behind_head(subscription: Subscription) -> list[Lane]:
    with connections[router.db_for_write(Cursor)].cursor() as cursor:
        topics = subscription.hears
        cursor.execute(_LANES.format(topics=", ".join(["%s"] * len(topics))), [subscription.name, *topics])
        return list(map(Lane._make, cursor.fetchall()))


def send_watermarks(subscription: Subscription, *, as_of: datetime, connection: Connection) -> None:
    """Tell how far each partition is, unless the queue is full: its messages say so already."""
    if room_in_queue(subscription, connection) <= 0:
        name = subscription.name
        logger.info("the queue of %s is full: the outbox keeps the rest", name, subscription=name)
        return
    watermarks = [
        Watermark(
            topic=cursor.partition.topic,
            partition=cursor.partition.number,
            head=cursor.partition.head,
            sent=cursor.sent,
            as_of=as_of,
            acknowledged=cursor.acknowledged,
        )
        for cursor in Cursor.objects.of(subscription.name).filter(partition__topic__in=subscription.hears)
    ]
    send_message(Message(subscription=subscription.name, watermarks=watermarks), subscription, connection)


def send_message(message: Message, subscription: Subscription, connection: Connection) -> None:
    """One message of its own to each subscription's queue: no exchange whose bindings could be lost."""
    trail = Trail("send", subscription.name)
    send(RECEIVE, message.for_the_wire(), queue=subscription.queue, connection=connection)
    for batch in message.batches:
        trail.add(batch.events)
    trail.end()


def _next_runs(lanes: Iterable[Lane]) -> list[Run]:
    """The runs of the next message: short ones first, so that no long one keeps them waiting; long ones in turn."""
    room = int(settings.EVENT_BUS["BATCH_EVENTS"])
    in_turn = sorted(lanes, key=lambda lane: (lane.head - lane.sent >= room, random.random()))  # noqa: S311
    runs: list[Run] = []
    for lane in in_turn:
        if room <= 0:
            break
        last = min(lane.sent + room, lane.head)
        runs.append(Run(topic=lane.topic, partition=lane.partition, first=lane.sent + 1, last=last))
        room -= last - lane.sent
    return runs


def _move(lanes: Iterable[Lane], message: Message) -> None:
    sent_up_to = {(batch.topic, batch.partition): batch.last for batch in message.batches}
    moves = [
        (last, lane.cursor, lane.sent)
        for lane in lanes  # in their own order, the same for every relay: batches come in turn by chance
        if (last := sent_up_to.get((lane.topic, lane.partition)))
    ]
    alias = router.db_for_write(Cursor)
    with transaction.atomic(using=alias):
        need_not_last(alias)
        run_with_each(_MOVE, moves, using=alias)
        write_down(message, again=False)
