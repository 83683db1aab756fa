"""The outbox as Celery runs it, on the queue `outbox`. Every task is harmless when it runs twice or not at all."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, InternalError, NotSupportedError, OperationalError, connections
from django.utils import timezone
from pydantic import ValidationError

from event_bus import messages, questions
from event_bus.archives import ArchiveDamaged
from event_bus.messages import Acknowledgement, RedeliveryRequest
from event_bus.outbox import journal, pruning, redelivery
from event_bus.outbox import relay as relaying
from event_bus.outbox.answering import answer
from event_bus.outbox.canary import sing
from event_bus.outbox.models import Chore, SignOfLife
from event_bus.outbox.sources import UnknownTopic
from event_bus.questions import Question
from event_bus.queues import broker_connection, broker_errors, send
from event_bus.subscriptions import UnknownSubscription, get_subscription

logger = logging.getLogger(__name__)

PRUNE_EVERY = timedelta(hours=1)
PRUNE_FOR = 5.0
"""Seconds."""


@shared_task(name=messages.RELAY)
def relay() -> None:
    with _left_to_the_next_sweep():
        relaying.relay()
        _note_run()


@shared_task(name=messages.SWEEP)
def sweep() -> None:
    with _left_to_the_next_sweep():
        relaying.sweep()
        _note_run()


@shared_task(name=messages.REDELIVER, typing=False)
def redeliver(request: Any = None, *_: Any, **__: Any) -> None:
    with _left_to_the_next_sweep():
        try:
            redelivery.redeliver(RedeliveryRequest.model_validate(request))
        except (ValidationError, UnknownSubscription) as error:
            logger.error("a request for redelivery that is not ours was left alone: %s", error)


@shared_task(name=messages.ACKNOWLEDGE, typing=False)
def acknowledge(content: Any = None, *_: Any, **__: Any) -> None:
    with _left_to_the_next_sweep():
        try:
            pruning.acknowledge(Acknowledgement.model_validate(content))
        except ValidationError as error:
            logger.error("an acknowledgement that is not ours was left alone: %s", error)


@shared_task(name=messages.PRUNE_EVENTS)
def prune_events(days: float, archive: str = "") -> None:
    """A run begins every PRUNE_EVERY; beat asks more often, and a run goes on for PRUNE_FOR seconds at each turn."""
    with _left_to_the_next_sweep():
        at, hold = timezone.now(), timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
        if Chore.objects.take(pruning.CHORE, every=PRUNE_EVERY, at=at, hold=hold):
            is_done = _prune_for_a_while(at - timedelta(days=days), Path(archive) if archive else None)
            Chore.objects.put_down(pruning.CHORE, finished_at=timezone.now() if is_done else None)


def _prune_for_a_while(older_than: datetime, archive: Path | None) -> bool:
    until = time.monotonic() + PRUNE_FOR
    try:
        for pruned in pruning.prune(older_than, archive=archive):
            logger.info("%s events of %s left the log", pruned.events, pruned.run)
            if time.monotonic() > until:
                return False
    except (ArchiveDamaged, OSError) as error:
        logger.error("the log is not pruned, since the archive %s cannot be written: %s", archive, error)
        return False
    return True


@shared_task(name=messages.CANARY)
def canary() -> None:
    with _left_to_the_next_sweep():
        sing(at=timezone.now())


@shared_task(name=questions.ASK, typing=False)
def ask(question: Any = None, *_: Any, **__: Any) -> None:
    """A subscription checks what it holds. An answer that is lost is asked for again."""
    with _left_to_the_next_sweep():
        try:
            asked = Question.model_validate(question)
            reply = answer(asked).model_dump(mode="json")
            with broker_connection() as connection:
                send(
                    questions.ANSWER,
                    reply,
                    queue=get_subscription(asked.subscription).queue,
                    connection=connection,
                )
        except (ValidationError, UnknownSubscription, UnknownTopic) as error:
            logger.error("a question that is not ours was left alone: %s", error)


@shared_task(name=messages.PRUNE_DISPATCHES)
def prune_dispatches() -> None:
    with _left_to_the_next_sweep():
        journal.prune_dispatches(at=timezone.now())
        SignOfLife.objects.all().forget_old(at=timezone.now())


def _note_run() -> None:
    """A run of the relay has ended well: at most one sign a second."""
    global _noted_at
    if time.monotonic() - _noted_at > 1:
        _noted_at = time.monotonic()
        SignOfLife.objects.note("relay", at=timezone.now())


_noted_at = 0.0


@contextmanager
def _left_to_the_next_sweep() -> Iterator[None]:
    """What is away now is asked again in a few seconds, so one line says enough."""
    try:
        yield
    except NotSupportedError as error:  # a migration has changed the type of a column that is read
        connections.close_all()
        logger.warning("prepared statements are out of date, the next sweep makes them anew: %s", error)
    except (OperationalError, InterfaceError, InternalError) as error:
        logger.warning("the database is away, the next sweep goes on: %s", error)
    except broker_errors() as error:
        logger.warning("the broker is away, the next sweep goes on: %s", error)
