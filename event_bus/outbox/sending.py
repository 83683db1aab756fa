"""Sending one subscription what it has not been sent, as far as its queue has room."""

import random
import time
from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

import structlog
from django.conf import settings
from django.db import router, transaction
from django.utils import timezone
from kombu import Connection

from event_bus.messages import RECEIVE, Message, Run, Watermark
from event_bus.outbox.journal import write_down
from event_bus.outbox.log import read_batches
from event_bus.outbox.models import Cursor
from event_bus.queues import send, waiting_in
from event_bus.subscriptions import Subscription
from event_bus.tracing import Trail

logger = structlog.stdlib.get_logger(__name__)


def room_in_queue(subscription: Subscription, connection: Connection) -> int:
    """How many more messages may wait: the outbox is the buffer, so that the broker's memory stays bounded."""
    return int(settings.EVENT_BUS["QUEUE_DEPTH"]) - waiting_in(subscription.queue, connection)


def send_pending(
    subscription: Subscription, *, as_of: datetime | None, until: float, connection: Connection
) -> None:
    """Send what lies between the cursors and the heads, while there is room and `time.monotonic() < until`.

    `as_of`: whatever committed before it has been numbered; None if that is not known.
    A crash between sending and moving a cursor sends the batch again: a duplicate, never a loss.
    """
    room = room_in_queue(subscription, connection)
    while room > 0 and time.monotonic() < until:
        cursors = list(Cursor.objects.of(subscription.name).behind_head())
        batches = read_batches(_next_runs(cursors))
        if not batches:
            return
        heads = {(row.partition.topic, row.partition.number): row.partition.head for row in cursors}
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
        _move(cursors, message)
        room -= 1


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
        for cursor in Cursor.objects.of(subscription.name)
    ]
    send_message(Message(subscription=subscription.name, watermarks=watermarks), subscription, connection)


def send_message(message: Message, subscription: Subscription, connection: Connection) -> None:
    """One message of its own to each subscription's queue: no exchange whose bindings could be lost."""
    trail = Trail("send", subscription.name)
    send(RECEIVE, message.model_dump(mode="json"), queue=subscription.queue, connection=connection)
    for batch in message.batches:
        trail.add(batch.events)
    trail.end()


def _next_runs(cursors: list[Cursor]) -> list[Run]:
    """The runs of the next message: short ones first, so that no long one keeps them waiting; long ones in turn."""
    room = int(settings.EVENT_BUS["BATCH_EVENTS"])
    in_turn = sorted(cursors, key=lambda row: (row.pending >= room, random.random()))  # noqa: S311
    runs: list[Run] = []
    for cursor in in_turn:
        if room <= 0:
            break
        last = min(cursor.sent + room, cursor.partition.head)
        runs.append(
            Run(
                topic=cursor.partition.topic,
                partition=cursor.partition.number,
                first=cursor.sent + 1,
                last=last,
            )
        )
        room -= last - cursor.sent
    return runs


def _move(cursors: Iterable[Cursor], message: Message) -> None:
    """Compare and set: where another relay was faster, its cursor stands."""
    sent_up_to = {(batch.topic, batch.partition): batch.last for batch in message.batches}
    with transaction.atomic(using=router.db_for_write(Cursor)):
        for cursor in cursors:  # in their own order, the same for every relay: batches come in turn by chance
            if last := sent_up_to.get((cursor.partition.topic, cursor.partition.number)):
                Cursor.objects.filter(pk=cursor.pk, sent=cursor.sent).update(sent=last)
        write_down(message, again=False)
