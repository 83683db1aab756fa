"""One bad event stops nobody: it is put aside with its reason, and can be retried or discarded."""

import json
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, router, transaction
from django.db.models import JSONField, Value

from event_bus.events import Envelope
from event_bus.inbox.models import Checkpoint, DeadLetter
from event_bus.inbox.projections import projection_of
from event_bus.messages import Run

PASSING = (OperationalError, InterfaceError, SoftTimeLimitExceeded, MemoryError)
"""What is nobody's fault and passes: database away, deadlock, serialization failure, lock timeout, shutdown."""


@dataclass(frozen=True)
class RetryOutcome:
    applied: int
    failed_again: int


class DiscardWithoutReason(ValueError):
    """Whoever throws an event away has to say why."""


def put_aside(
    content: Any,
    error: Exception,
    *,
    subscription: str,
    at: datetime,
    batch: Run | None = None,
    position: int | None = None,
) -> DeadLetter:
    """Keep what could not be applied. Inside the transaction that remembers its position as dealt with."""
    envelope = content if isinstance(content, dict) else {}
    return DeadLetter.objects.create(
        subscription=subscription[:50],
        topic=batch.topic if batch else "",
        partition=batch.partition if batch else None,
        position=position,
        type=str(envelope.get("type", ""))[:100],
        subject=str(envelope.get("subject", ""))[:50],
        content=_storable(content),
        first_failed_at=at,
        last_failed_at=at,
        **_reason(error),
    )


def retry_dead_letters(ids: Iterable[int], *, at: datetime) -> RetryOutcome:
    """Apply these dead letters again, each in a transaction of its own; those no longer waiting are left alone.

    A retry of an old event never overwrites newer state: versions decide, as always.
    Raises what passes by itself (database away); what was retried before that stays retried.
    """
    outcomes = [_retry(id, at) for id in ids]
    return RetryOutcome(applied=outcomes.count(True), failed_again=outcomes.count(False))


def discard_dead_letters(ids: Iterable[int], *, reason: str, by: str, at: datetime) -> int:
    """Give these dead letters up; they stay to be read. Returns how many. Raises DiscardWithoutReason."""
    if not reason.strip():
        raise DiscardWithoutReason("say why these events are given up")
    return (
        DeadLetter.objects.waiting()
        .filter(id__in=list(ids))
        .update(discarded_at=at, discarded_by=by, discard_reason=reason.strip())
    )


def _retry(id: int, at: datetime) -> bool | None:
    alias = router.db_for_write(DeadLetter)
    with transaction.atomic(using=alias):
        letter = DeadLetter.objects.waiting().select_for_update().filter(id=id).first()
        if letter is None:
            return None
        if letter.partition is not None:
            Checkpoint.objects.lock(letter.subscription, {(letter.topic, letter.partition)})
        try:
            with transaction.atomic(using=alias):
                projection_of(letter.subscription).apply([Envelope.model_validate(letter.content)])
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001
            letter.attempts += 1
            letter.last_failed_at = at
            for name, value in _reason(error).items():
                setattr(letter, name, value)
            letter.save()
            return False
        letter.resolved_at = at
        letter.save(update_fields=["resolved_at"])
        return True


def _reason(error: Exception) -> dict[str, str]:
    return {
        "error_type": type(error).__name__,
        "error": _printable(str(error)),
        "traceback": _printable("".join(traceback.format_exception(error))),
    }


def _storable(content: Any) -> Any:
    """PostgreSQL's JSON takes no NUL character, and Django takes None for SQL's NULL."""
    if content is None:
        return Value(None, JSONField())
    return json.loads(json.dumps(content, default=str).replace("\\u0000", "\\ufffd"))


def _printable(text: str) -> str:
    return text.replace("\x00", "\ufffd")
