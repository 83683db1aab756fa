"""Step 3 of the way of an order: one message, one transaction: apply, and remember which positions arrived."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import router, transaction

from event_bus.durability import need_not_last
from event_bus.events import ENVELOPES
from event_bus.inbox.dead_letters import PASSING, put_aside
from event_bus.inbox.journal import Outcome, Stopwatch, write_down
from event_bus.inbox.models import Checkpoint
from event_bus.inbox.projections import Projection, projection_of
from event_bus.messages import Batch, Message, Run, Watermark
from event_bus.tracing import Trail

logger = structlog.stdlib.get_logger(__name__)


class Arrival(NamedTuple):
    """An envelope as it arrived, not yet checked, and what becomes of the batch that it came in."""

    content: Any
    outcome: Outcome

    @property
    def batch(self) -> Batch:
        return self.outcome.batch

    @property
    def position(self) -> int | None:
        """None if the envelope does not say, or lies about it."""
        position = self.content.get("position") if isinstance(self.content, dict) else None
        if isinstance(position, int) and self.batch.first <= position <= self.batch.last:
            return position
        return None

    @property
    def fields(self) -> dict[str, Any]:
        """What a log line says of it."""
        said = self.content if isinstance(self.content, dict) else {}
        return {
            "event_id": said.get("id"),
            "type": said.get("type"),
            "topic": self.batch.topic,
            "partition": self.batch.partition,
            "position": self.position,
            "correlation_id": said.get("correlationid"),
        }


Apply = Callable[[list[Arrival], Projection, str, datetime, Trail], None]


def receive(message: Message, *, at: datetime) -> list[Run]:
    """Apply what is new in the message. Returns the runs that are missing and should be asked for again.

    Raises UnknownSubscription, and whatever passes by itself (database away, deadlock): then nothing
    of the message was applied.
    """
    projection = projection_of(message.subscription)
    try:
        return _receive(message, projection, at, _apply_at_once)
    except PASSING:
        raise
    except Exception:  # of some event: all is undone, and done again with care
        return _receive(message, projection, at, _apply)


def _receive(message: Message, projection: Projection, at: datetime, apply: Apply) -> list[Run]:
    stopwatch, trail = Stopwatch(at), Trail("apply", message.subscription)
    alias = router.db_for_write(Checkpoint)
    with transaction.atomic(using=alias):
        # What a crash takes back is a gap again. A sweep's watermark stays, and with it all that committed before:
        # only that is acknowledged.
        if message.batches:
            need_not_last(alias)
        checkpoints = _locked_checkpoints(message)
        outcomes = [Outcome(batch) for batch in message.batches]
        arrivals = [
            arrival
            for outcome in outcomes
            for arrival in _new_in(outcome, checkpoints[outcome.batch.topic, outcome.batch.partition])
        ]
        apply(arrivals, projection, message.subscription, at, trail)
        for batch in message.batches:
            checkpoints[batch.topic, batch.partition].remember(batch.first, batch.last)
        missing = list(_hear_watermarks(message, checkpoints, at))
        Checkpoint.objects.save_all(list(checkpoints.values()))
        write_down(message, outcomes, stopwatch)
    trail.end()
    return missing


def _locked_checkpoints(message: Message) -> dict[tuple[str, int], Checkpoint]:
    parts: list[Batch | Watermark] = [*message.batches, *message.watermarks]
    named = {(part.topic, part.partition) for part in parts}
    return {(row.topic, row.partition): row for row in Checkpoint.objects.lock(message.subscription, named)}


def _new_in(outcome: Outcome, checkpoint: Checkpoint) -> Iterator[Arrival]:
    """What is applied already is left out: correct without it, since versions decide, but cheaper."""
    batch = outcome.batch
    arrivals = (Arrival(content, outcome) for content in batch.events)
    if checkpoint.has_none_of(batch.first, batch.last):
        yield from arrivals
        return
    for arrival in arrivals:
        if not checkpoint.has_applied(arrival.position or batch.last):
            yield arrival


def _apply_at_once(
    arrivals: list[Arrival], projection: Projection, subscription: str, at: datetime, trail: Trail
) -> None:
    """As nearly every message is: nothing of it fails."""
    envelopes = ENVELOPES.validate_python([arrival.content for arrival in arrivals])
    projection.apply((envelope.type, envelope.data) for envelope in envelopes)
    for arrival, envelope in zip(arrivals, envelopes, strict=True):
        arrival.outcome.committed_at.append(envelope.time)
    trail.add(arrival.content for arrival in arrivals)


def _apply(
    arrivals: list[Arrival], projection: Projection, subscription: str, at: datetime, trail: Trail
) -> None:
    """All at once; if that fails for good, half by half, until only the culprits are left to be put aside."""
    if not arrivals:
        return
    try:
        with transaction.atomic(using=router.db_for_write(Checkpoint)):
            _apply_at_once(arrivals, projection, subscription, at, trail)
    except PASSING:
        raise
    except Exception as error:
        if len(arrivals) == 1:
            _put_aside(arrivals[0], error, subscription, at)
            trail.add([arrivals[0].content], error)
            return
        half = len(arrivals) // 2
        _apply(arrivals[:half], projection, subscription, at, trail)
        _apply(arrivals[half:], projection, subscription, at, trail)


def _put_aside(arrival: Arrival, error: Exception, subscription: str, at: datetime) -> None:
    letter = put_aside(
        arrival.content,
        error,
        subscription=subscription,
        batch=arrival.batch,
        position=arrival.position,
        at=at,
    )
    if letter is None:
        logger.warning(
            "%s could not apply an event about somebody who was erased, and kept nothing of it: %s",
            subscription,
            type(error).__name__,
            subscription=subscription,
            **arrival.fields,
        )
        return
    arrival.outcome.dead_lettered += 1
    logger.error(
        "%s put %s aside: %s: %s",
        subscription,
        letter,
        letter.error_type,
        letter.error,
        dead_letter=letter.pk,
        subscription=subscription,
        **arrival.fields,
    )


def _hear_watermarks(
    message: Message, checkpoints: dict[tuple[str, int], Checkpoint], at: datetime
) -> Iterator[Run]:
    patience = timedelta(seconds=settings.EVENT_BUS["GAP_PATIENCE"])
    for watermark in message.watermarks:
        checkpoint = checkpoints[watermark.topic, watermark.partition]
        checkpoint.hear(watermark, at=at)
        yield from checkpoint.ask_for_gaps(sent=watermark.sent, at=at, patience=patience)
