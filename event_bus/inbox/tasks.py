"""The inbox as Celery runs it, on each subscription's own queue."""

import time
from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task
from django.utils import timezone
from pydantic import ValidationError

from event_bus import messages, questions
from event_bus.inbox import asking, journal
from event_bus.inbox.acknowledging import acknowledgement_of
from event_bus.inbox.dead_letters import PASSING, put_aside
from event_bus.inbox.models import SignOfLife
from event_bus.inbox.receiving import receive as receive_message
from event_bus.messages import OUTBOX_QUEUE, Acknowledgement, Message, RedeliveryRequest, Run
from event_bus.questions import Answer
from event_bus.queues import broker_connection, broker_errors, send
from event_bus.subscriptions import UnknownSubscription

logger = structlog.stdlib.get_logger(__name__)

PAUSES = (0.1, 0.5, 1.0, 2.0)
"""Seconds between attempts. What still fails then is a gap, and will be asked for again."""


@shared_task(name=messages.RECEIVE, bind=True, typing=False)
def receive(self: Any, *args: Any, **kwargs: Any) -> None:
    """Takes anything, so that a message that is not ours ends as a dead letter and not as an exception."""
    content = args[0] if len(args) == 1 and not kwargs else {"args": args, "kwargs": kwargs}
    try:
        message = Message.model_validate(content)
    except ValidationError as error:
        _put_message_aside(content, error)
        return
    _receive_patiently(message, content)


@shared_task(name=questions.RECONCILE, typing=False)
def reconcile(subscription: str, repair: bool = False, hours: float = 0.0) -> None:
    """Beat asks far more often than every so many hours: only if the last run began before that, one is due."""
    try:
        asking.begin_if_due(subscription, repair=repair, every=timedelta(hours=hours))
    except PASSING as error:
        logger.warning(
            "no comparison was begun, beat asks for it again: %s", error, subscription=subscription
        )


@shared_task(name=questions.ANSWER, typing=False)
def answer(content: Any = None, *_: Any, **__: Any) -> None:
    try:
        asking.hear(Answer.model_validate(content))
    except ValidationError as error:
        logger.error("an answer that is not ours was left alone: %s", error)


@shared_task(name=questions.GO_ON_RECONCILING)
def go_on_reconciling(subscription: str) -> None:
    asking.go_on(subscription)


@shared_task(name=messages.PRUNE_DELIVERIES)
def prune_deliveries() -> None:
    try:
        journal.prune_deliveries(at=timezone.now())
        SignOfLife.objects.all().forget_old(at=timezone.now())
    except PASSING as error:
        logger.warning("the journal was not pruned, beat asks for it again: %s", error)


def _receive_patiently(message: Message, content: Any) -> None:
    is_sweep = bool(message.watermarks) and not message.batches  # every few seconds
    for pause in (*PAUSES, None):
        try:
            # Read before the commit that brings it to the disk.
            applied = acknowledgement_of(message) if is_sweep else None
            missing = receive_message(message, at=timezone.now())
        except UnknownSubscription as error:
            _put_message_aside(content, error)
            return
        except PASSING as error:
            if pause is None:
                logger.warning(
                    "gave up for now, the gap will be asked for again: %s",
                    error,
                    subscription=message.subscription,
                    batches=[str(batch) for batch in message.batches],
                )
                return
            time.sleep(pause)
        else:
            if missing:
                _ask_again(message.subscription, missing)
            if is_sweep:
                asking.go_on(message.subscription)
            if applied:
                _acknowledge(applied)
            return


def _put_message_aside(content: Any, error: Exception) -> None:
    subscription = content.get("subscription", "") if isinstance(content, dict) else ""
    if put_aside(content, error, subscription=str(subscription), at=timezone.now()):
        logger.error("a message that is not ours was put aside: %s", error, subscription=str(subscription))
    else:
        logger.warning(
            "a message that is not ours is about somebody who was erased, and nothing of it was kept: %s",
            type(error).__name__,
            subscription=str(subscription),
        )


def _acknowledge(news: Acknowledgement) -> None:
    try:
        with broker_connection() as connection:
            send(
                messages.ACKNOWLEDGE, news.model_dump(mode="json"), queue=OUTBOX_QUEUE, connection=connection
            )
    except broker_errors() as error:
        logger.warning("the broker did not take an acknowledgement, the next sweep repeats it: %s", error)


def _ask_again(subscription: str, missing: list[Run]) -> None:
    runs = ", ".join(map(str, missing))
    logger.info("%s misses %s, asked for again", subscription, runs, subscription=subscription)
    request = RedeliveryRequest(subscription=subscription, missing=missing)
    try:
        with broker_connection() as connection:
            send(
                messages.REDELIVER, request.model_dump(mode="json"), queue=OUTBOX_QUEUE, connection=connection
            )
    except broker_errors() as error:
        logger.warning(
            "the broker did not take the request, the next watermark repeats it: %s",
            error,
            subscription=subscription,
        )
