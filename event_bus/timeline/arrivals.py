"""A subscription's side of a timeline: what its checkpoints, its half of the journal and its dead letters say."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from event_bus.inbox.models import Checkpoint, DeadLetter, Delivery
from event_bus.inbox.projections import projection_of
from event_bus.timeline.asking import Place
from event_bus.timeline.story import Holding, State, Step, message_name


@dataclass(frozen=True)
class Arrivals:
    """What one subscription knows of one position."""

    subscription: str
    checkpoint: Checkpoint | None
    deliveries: list[Delivery]
    letters: list[DeadLetter]
    position: int

    @property
    def dealt_with(self) -> bool:
        """Applied, or put aside."""
        return bool(self.checkpoint and self.checkpoint.has_applied(self.position))

    @property
    def applied_at(self) -> datetime | None:
        """None if it is not, or nobody wrote it down."""
        return self.deliveries[0].applied_at if self.deliveries and self.dealt_with else None


def arrivals_of(subscription: str, place: Place) -> Arrivals:
    at_place = {"topic": place.topic, "partition": place.partition}
    deliveries = Delivery.objects.of_position(place.topic, place.partition, place.position)
    letters = DeadLetter.objects.filter(subscription=subscription, position=place.position, **at_place)
    return Arrivals(
        subscription=subscription,
        checkpoint=Checkpoint.objects.of(subscription).filter(**at_place).first(),
        deliveries=list(deliveries.filter(subscription=subscription).order_by("id")),
        letters=list(letters.order_by("id")),
        position=place.position,
    )


def letters_of(subject: UUID) -> list[DeadLetter]:
    """For those who cannot see the log."""
    return list(DeadLetter.objects.filter(subject=str(subject)).exclude(position=None).order_by("id"))


def last_sign_of_life(subscription: str) -> datetime | None:
    """When a worker of it last took a message."""
    heard = Checkpoint.objects.of(subscription).aggregate(at=Max("heard_at"))["at"]
    received = Delivery.objects.filter(subscription=subscription).order_by("-id").first()
    return max(filter(None, [heard, received and received.received_at]), default=None)


def holdings_of(subscription: str, subject: UUID) -> list[Holding]:
    return [
        Holding(
            subscription=subscription,
            rows=str(row.model._meta.verbose_name_plural),
            version=row.version,
            text=row.text,
            model=row.model._meta.label_lower,
        )
        for row in projection_of(subscription).rows_of(subject)
    ]


def received(deliveries: list[Delivery]) -> list[Step]:
    return [
        Step(
            name="received again" if index else "received",
            state=State.DONE,
            text=f"{message_name(row.message)} {'changed nothing: it was there already' if index else _company(row)}",
            at=row.received_at,
            facts={"message": str(row.message)},
        )
        for index, row in enumerate(deliveries)
    ]


def put_aside(letters: list[DeadLetter]) -> list[Step]:
    return [step for letter in letters for step in _life_of(letter)]


def _company(row: Delivery) -> str:
    others = row.applied + row.already_there + row.dead_lettered - 1
    together = f"together with {others:,} others" if others > 1 else "together with 1 other"
    return f"in one transaction, {together if others > 0 else 'alone'}"


def _life_of(letter: DeadLetter) -> list[Step]:
    # pydantic's address to read more is no news
    error = " ".join(re.sub(r"For further information visit \S+", "", letter.error).split())
    why = f"{letter.error_type}: {error[:300]}"
    if not letter.resolved_at and not letter.discarded_at:
        why = f"{why}; it waits for a fix, then: manage.py retry_dead_letters --id {letter.pk}"
    facts = {"dead_letter": letter.pk}
    steps = [Step("dead-lettered", State.FAILED, why, letter.first_failed_at, facts)]
    if letter.attempts > 1:
        times = f"retried {letter.attempts - 1} times, failed each time"
        steps.append(Step("retried", State.FAILED, times, letter.last_failed_at, facts))
    if letter.resolved_at:
        steps.append(Step("applied", State.DONE, "by a retry", letter.resolved_at, facts))
    if letter.discarded_at:
        text = f"given up by {letter.discarded_by}: {letter.discard_reason}"
        steps.append(Step("discarded", State.FAILED, text, letter.discarded_at, facts))
    return steps
