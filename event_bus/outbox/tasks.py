"""The outbox as Celery runs it, on the queue `outbox`. Every task is harmless when it runs twice or not at all."""

import logging
from typing import Any

from celery import shared_task

from event_bus import messages
from event_bus.messages import RedeliveryRequest
from event_bus.outbox import redelivery
from event_bus.outbox import relay as relaying
from event_bus.queues import broker_errors

logger = logging.getLogger(__name__)


@shared_task(name=messages.RELAY)
def relay() -> None:
    try:
        relaying.relay()
    except broker_errors() as error:
        logger.warning("the broker did not take what was sent, the next sweep sends it again: %s", error)


@shared_task(name=messages.SWEEP)
def sweep() -> None:
    try:
        relaying.sweep()
    except broker_errors() as error:
        logger.warning("the broker did not take what was sent, the next sweep sends it again: %s", error)


@shared_task(name=messages.REDELIVER)
def redeliver(request: dict[str, Any]) -> None:
    try:
        redelivery.redeliver(RedeliveryRequest.model_validate(request))
    except broker_errors() as error:
        logger.warning(
            "the broker did not take what was asked for again, it will be asked for anew: %s", error
        )
