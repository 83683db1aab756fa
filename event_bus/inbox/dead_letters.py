"""One bad event stops nobody: it is put aside with its reason, and can be retried or discarded."""

import json
import traceback
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, InternalError, OperationalError, router, transaction
from django.db.models import JSONField, QuerySet, Value

from event_bus.events import Envelope
from event_bus.inbox.forgetting import is_about_the_erased
from event_bus.inbox.models import Checkpoint, DeadLetter
from event_bus.inbox.projections import projection_of
from event_bus.messages import Message, Run
from event_bus.relations import parts_of

PASSING = (OperationalError, InterfaceError, InternalError, SoftTimeLimitExceeded, MemoryError)
"""What is nobody's fault and passes: database away, deadlock, serialization failure, lock timeout, shutdown."""

AT_ONCE = 200
"""Dead letters in one transaction."""


@dataclass(frozen=True)
class RetryOutcome:
    applied: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    """How many failed again, by the type of the error."""

    @property
    def failed_again(self) -> int:
        return self.errors.total()

    def __add__(self, other: "RetryOutcome") -> "RetryOutcome":
        return RetryOutcome(self.applied + other.applied, self.errors + other.errors)

    def __str__(self) -> str:
        by_error = ", ".join(f"{count:,} {error}" for error, count in self.errors.most_common())
        return f"{self.applied:,} applied, {self.failed_again:,} failed again" + (
            by_error and f": {by_error}"
        )


class NotWaiting(LookupError):
    """Some dead letters were asked for by number that do not wait (any more)."""


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
) -> DeadLetter | None:
    """Keep what could not be applied. Inside the transaction that remembers its position as dealt with.

    Without `batch`, the content is a whole message. None: it is about somebody who was erased. To apply it would
    change nothing, and nobody may keep it.
    """
    with transaction.atomic(using=router.db_for_write(DeadLetter)):
        if is_about_the_erased(content, subscription=subscription, is_event=batch is not None):
            return None
        return _keep(content, error, subscription, at, batch, position)


def _keep(
    content: Any, error: Exception, subscription: str, at: datetime, batch: Run | None, position: int | None
) -> DeadLetter:
    envelope = content if isinstance(content, dict) else {}
    return DeadLetter.objects.create(
        subscription=_printable(subscription)[:50],
        topic=batch.topic if batch else "",
        partition=batch.partition if batch else None,
        position=position,
        type=_printable(str(envelope.get("type", "")))[:100],
        subject=_printable(str(envelope.get("subject", "")))[:50],
        content=_storable(content),
        first_failed_at=at,
        last_failed_at=at,
        **_reason(error),
    )


def select_waiting(
    *, ids: Iterable[int] | None = None, error_type: str | None = None, type: str | None = None
) -> Sequence[int]:
    """The numbers of the waiting dead letters that meet every condition given, as of now, oldest first.

    Raises NotWaiting if one of `ids` does not wait.
    """
    letters = DeadLetter.objects.waiting()
    if ids is not None:
        wanted = set(ids)
        found = set(letters.filter(id__in=[id for id in wanted if id < 2**63]).values_list("id", flat=True))
        if strangers := wanted - found:
            numbers = ", ".join(map(str, sorted(strangers)))
            raise NotWaiting(f"no dead letter of this number waits: {numbers}")
        letters = letters.filter(id__in=found)
    if error_type is not None:
        letters = letters.filter(error_type=error_type)
    if type is not None:
        letters = letters.filter(type=type)
    return numbers_of(letters)


def numbers_of(letters: QuerySet[DeadLetter]) -> Sequence[int]:
    """The oldest first. Eight bytes each, so that a million may be chosen."""
    return array("q", letters.order_by("id").values_list("id", flat=True).iterator(chunk_size=10_000))


def in_batches(ids: Iterable[int]) -> Iterator[list[int]]:
    return parts_of(ids, AT_ONCE)


def retry_dead_letters(ids: Iterable[int], *, at: datetime) -> RetryOutcome:
    """Apply these dead letters again; those no longer waiting are left alone.

    A retry of an old event never overwrites newer state: versions decide, as always.
    Raises what passes by itself (database away); what was retried before that stays retried.
    """
    return sum((_retry(batch, at) for batch in in_batches(ids)), RetryOutcome())


def discard_dead_letters(ids: Iterable[int], *, reason: str, by: str, at: datetime) -> int:
    """Give these dead letters up; they stay to be read. Returns how many. Raises DiscardWithoutReason."""
    if not reason.strip():
        raise DiscardWithoutReason("say why these events are given up")
    given_up = {"discarded_at": at, "discarded_by": by[:200], "discard_reason": reason.strip()}
    waiting = DeadLetter.objects.waiting()
    return sum(waiting.filter(id__in=batch).update(**given_up) for batch in in_batches(ids))


def _retry(ids: list[int], at: datetime) -> RetryOutcome:
    together: dict[str | int, list[int]] = defaultdict(list)
    waiting = DeadLetter.objects.waiting().filter(id__in=ids).order_by("id")
    for id, subscription, partition in waiting.values_list("id", "subscription", "partition"):
        # A message locks the checkpoints that it names, so each has a transaction of its own.
        together[id if partition is None else subscription].append(id)
    return sum((_retry_together(some, at) for some in together.values()), RetryOutcome())


def _retry_together(ids: list[int], at: datetime) -> RetryOutcome:
    """Events of one subscription, or one message; in one transaction."""
    with transaction.atomic(using=router.db_for_write(DeadLetter)):
        waiting = DeadLetter.objects.waiting().select_for_update()
        letters = list(waiting.filter(id__in=ids).order_by("id"))
        partitions = {(row.topic, row.partition) for row in letters if row.partition is not None}
        if partitions:
            Checkpoint.objects.lock(letters[0].subscription, partitions)
        failures = list(_apply(letters, at))
        for letter, error in failures:
            _fail_again(letter, error, at)
        applied = {letter.id for letter in letters} - {letter.id for letter, _ in failures}
        DeadLetter.objects.filter(id__in=applied).update(resolved_at=at)
    return RetryOutcome(len(applied), Counter(letter.error_type for letter, _ in failures))


def _apply(letters: list[DeadLetter], at: datetime) -> Iterator[tuple[DeadLetter, Exception]]:
    """All at once; if that fails, half by half, until only the culprits are left to be returned."""
    if not letters:
        return
    try:
        with transaction.atomic(using=router.db_for_write(DeadLetter)):
            if letters[0].partition is None:
                _receive(letters[0], at)
            else:
                envelopes = [Envelope.model_validate(letter.content) for letter in letters]
                projection_of(letters[0].subscription).apply(
                    [(envelope.type, envelope.data) for envelope in envelopes]
                )
    except PASSING:
        raise
    except Exception as error:
        if len(letters) == 1:
            yield letters[0], error
            return
        half = len(letters) // 2
        yield from _apply(letters[:half], at)
        yield from _apply(letters[half:], at)


def _receive(letter: DeadLetter, at: datetime) -> None:
    """What was no message may be one to the release that runs now. Its watermarks are old news by now."""
    from event_bus.inbox.receiving import receive  # which puts aside what it cannot apply, by this module

    message = Message.model_validate(letter.content)
    receive(message.model_copy(update={"watermarks": []}), at=at)


def _fail_again(letter: DeadLetter, error: Exception, at: datetime) -> None:
    letter.attempts += 1
    letter.last_failed_at = at
    reason = _reason(error)
    for name, value in reason.items():
        setattr(letter, name, value)
    letter.save(update_fields=["attempts", "last_failed_at", *reason])


def _reason(error: Exception) -> dict[str, str]:
    return {
        "error_type": type(error).__name__,
        "error": _printable(str(error)),
        "traceback": _printable("".join(traceback.format_exception(error))),
    }


def _storable(content: Any) -> Any:
    """What any database takes as JSON. Django takes None for SQL's NULL."""
    if content is None:
        return Value(None, JSONField())
    text = json.dumps(content, default=str, ensure_ascii=False).replace("\\u0000", "\\ufffd")
    return json.loads(_printable(text), parse_constant=str)  # NaN is no JSON


def _printable(text: str) -> str:
    """Without NUL, which PostgreSQL does not take, and without halves of characters, which nobody does."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()
