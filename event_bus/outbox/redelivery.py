"""Sending again exactly what a subscription misses."""

from collections.abc import Iterable, Iterator
from uuid import uuid4

import orjson
import structlog
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from event_bus.messages import Message, RedeliveryRequest, Run
from event_bus.outbox.journal import write_down
from event_bus.outbox.log import UnreadableEvent, read_batches
from event_bus.outbox.models import Cursor
from event_bus.outbox.sending import room_in_queue, send_message
from event_bus.queues import broker_connection
from event_bus.subscriptions import get_subscription

logger = structlog.stdlib.get_logger(__name__)


def redeliver(request: RedeliveryRequest) -> None:
    """Send the missing runs, as far as the queue has room: what stays missing will be asked for again.

    Raises UnknownSubscription.
    """
    subscription = get_subscription(request.subscription)
    with broker_connection() as connection:
        room = room_in_queue(subscription, connection)
        for run in _in_batches(_already_sent(request)):
            if room <= 0:
                break
            try:
                batches = read_batches([run], data_from=orjson.Fragment)
            except UnreadableEvent as error:  # asked for in parts after a while, so it hinders only itself
                logger.error("%s: %s", error, error.__cause__, subscription=subscription.name)
                continue
            message = Message(
                id=uuid4(), sent_at=timezone.now(), subscription=subscription.name, batches=batches
            )
            send_message(message, subscription, connection)
            write_down(message, again=True)
            room -= 1


def _already_sent(request: RedeliveryRequest) -> Iterator[Run]:
    """What is not sent yet comes by itself, and a position that was never given out covers nothing."""
    cursors = Cursor.objects.of(request.subscription).filter(sent__lte=F("partition__head"))
    sent = {(row.partition.topic, row.partition.number): row.sent for row in cursors}
    for run in request.missing:
        last = min(run.last, sent.get((run.topic, run.partition), 0))
        if last >= run.first:
            yield run.model_copy(update={"last": last})


def _in_batches(runs: Iterable[Run]) -> Iterator[Run]:
    size = settings.EVENT_BUS["BATCH_EVENTS"]
    for run in runs:
        for first in range(run.first, run.last + 1, size):
            yield run.model_copy(update={"first": first, "last": min(first + size - 1, run.last)})
