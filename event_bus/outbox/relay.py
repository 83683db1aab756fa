"""Step 2 of the way of an order: committed events are numbered, and sent in batches to every subscription."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.utils import timezone

from event_bus.messages import OUTBOX_QUEUE, RELAY
from event_bus.outbox.models import Cursor, Partition
from event_bus.outbox.numbering import AT_ONCE, number_committed_events
from event_bus.outbox.sending import send_pending, send_watermarks
from event_bus.queues import broker_connection, broker_errors, send
from event_bus.subscriptions import Subscription, all_subscriptions

logger = structlog.stdlib.get_logger(__name__)

FIRST_AT_ONCE = 1_000
"""Events numbered before anything is sent, then twice as many each time: nobody waits for a whole backlog's numbers."""

LONGEST_RUN = 5.0
"""Seconds after which a run of the relay hands over to the next, so that a sweep gets its turn."""


def relay() -> None:
    """Number what has committed and send it, until nothing is left or the queues have no room."""
    until = time.monotonic() + LONGEST_RUN
    exhausted = False
    at_once = FIRST_AT_ONCE
    with broker_connection() as connection:
        while not exhausted and time.monotonic() < until:
            as_of = timezone.now()
            exhausted = number_committed_events(at_once) < at_once
            at_once = min(2 * at_once, AT_ONCE)
            for subscription in all_subscriptions():
                with _delaying_no_other(subscription):
                    send_pending(
                        subscription, as_of=as_of if exhausted else None, until=until, connection=connection
                    )
        if time.monotonic() >= until:
            send(RELAY, None, queue=OUTBOX_QUEUE, connection=connection)


def sweep() -> None:
    """What beat asks for every few seconds: send what no wake-up reached, and tell how far each partition is."""
    create_missing_cursors()
    relay()
    as_of = timezone.now()
    if number_committed_events() < AT_ONCE:
        with broker_connection() as connection:
            for subscription in all_subscriptions():
                with _delaying_no_other(subscription):
                    send_watermarks(subscription, as_of=as_of, connection=connection)


@contextmanager
def _delaying_no_other(subscription: Subscription) -> Iterator[None]:
    """A queue that cannot be written to is the trouble of its own subscription."""
    try:
        yield
    except broker_errors() as error:
        name = subscription.name
        logger.warning("%s was not sent to, the next sweep does it: %s", name, error, subscription=name)


def create_missing_cursors() -> None:
    """A new subscription starts at the beginning of the log."""
    for subscription in all_subscriptions():
        unknown = Partition.objects.filter(topic__in=subscription.hears).exclude(
            cursors__subscription=subscription.name
        )
        Cursor.objects.bulk_create(
            [Cursor(subscription=subscription.name, partition=partition) for partition in unknown],
            ignore_conflicts=True,
        )
