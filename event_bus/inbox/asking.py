"""The steps of a reconciliation, with the questions that they lead to put on the wire."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.utils import timezone

from event_bus.inbox import reconciling
from event_bus.inbox.dead_letters import PASSING
from event_bus.inbox.reconciliations import Reconciliation
from event_bus.messages import OUTBOX_QUEUE
from event_bus.questions import ASK, GO_ON_RECONCILING, Answer, Question
from event_bus.queues import broker_connection, broker_errors, send
from event_bus.subscriptions import get_subscription

logger = structlog.stdlib.get_logger(__name__)


def begin(subscription: str, *, repair: bool) -> Reconciliation:
    """Returns the new run, or the one that is under way. Raises UnknownSubscription."""
    run, question = reconciling.begin(subscription, repair=repair, at=timezone.now())
    _send(question)
    return run


def begin_if_due(subscription: str, *, repair: bool, every: timedelta) -> None:
    """Raises UnknownSubscription."""
    at = timezone.now()
    if reconciling.is_due(subscription, repair=repair, every=every, at=at):
        begin(subscription, repair=repair)


def hear(answer: Answer) -> None:
    _step(answer.subscription, lambda: reconciling.hear(answer, at=timezone.now(), ask=_send))


def go_on(subscription: str) -> None:
    _step(subscription, lambda: reconciling.go_on(subscription, at=timezone.now()))


def _step(subscription: str, step: Callable[[], Question | None]) -> None:
    """What passes is left to the next sweep, which finds the run where it stood."""
    try:
        _send(step())
        if reconciling.is_checking(subscription):
            _send_to(get_subscription(subscription).queue, GO_ON_RECONCILING, subscription)
    except PASSING as error:
        logger.warning("reconciling waits for the next sweep: %s", error, subscription=subscription)


def _send(question: Question | None) -> None:
    if question:
        _send_to(OUTBOX_QUEUE, ASK, question.model_dump(mode="json"))


def _send_to(queue: str, task: str, argument: Any) -> None:
    try:
        with broker_connection() as connection:
            send(task, argument, queue=queue, connection=connection)
    except broker_errors() as error:
        logger.warning("the broker did not take a question, it is asked again later: %s", error)
