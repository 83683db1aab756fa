"""The announcing side of a timeline: what the log and the sender's half of the journal say."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from event_bus.outbox.models import Cursor, Dispatch, OutboxEvent
from event_bus.timeline.asking import Place, Question
from event_bus.timeline.story import State, Step, message_name

MOST_EVENTS = 20
"""Of one aggregate; the newest."""


@dataclass(frozen=True)
class Sending:
    """How far the relay has come with one event and one subscription."""

    sent_up_to: int
    dispatches: list[Dispatch]


def find_events(question: Question) -> tuple[list[OutboxEvent], int]:
    """The newest events that are meant, oldest first, and how many older ones there are."""
    events = OutboxEvent.objects.select_related("partition")
    match question:
        case UUID():
            found = events.filter(subject=question).order_by("-id")
        case Place():
            partition = {"partition__topic": question.topic, "partition__number": question.partition}
            found = events.filter(position=question.position, **partition)
        case _:
            found = events.filter(pk=question)
    newest = list(found[: MOST_EVENTS + 1])
    older = found.count() - MOST_EVENTS if len(newest) > MOST_EVENTS else 0
    return newest[:MOST_EVENTS][::-1], older


def place_of(event: OutboxEvent) -> Place | None:
    """None until the relay has numbered it."""
    if event.position is None:
        return None
    return Place(event.partition.topic, event.partition.number, event.position)


def sendings_of(place: Place) -> dict[str, Sending]:
    """By subscription."""
    dispatches: dict[str, list[Dispatch]] = defaultdict(list)
    for row in Dispatch.objects.of_position(place.topic, place.partition, place.position).order_by("sent_at"):
        dispatches[row.subscription].append(row)
    cursors = Cursor.objects.filter(partition__topic=place.topic, partition__number=place.partition)
    return {cursor.subscription: Sending(cursor.sent, dispatches[cursor.subscription]) for cursor in cursors}


def announced_and_stored(event: OutboxEvent) -> list[Step]:
    request = f", on request {event.correlation_id}" if event.correlation_id else ""
    facts = {"correlation_id": event.correlation_id, "actor": event.actor, "traceparent": event.traceparent}
    return [
        Step(
            name="announced",
            state=State.DONE,
            text=f"{_who(event.actor)}{request}",
            at=event.recorded_at,
            facts={name: value for name, value in facts.items() if value},
        ),
        Step(
            name="stored",
            state=State.DONE,
            text=f"as event {event.pk}, in the same transaction",
            at=event.recorded_at,
            facts={"data": event.data},
        ),
    ]


def numbered(place: Place) -> Step:
    return Step(
        name="numbered",
        state=State.DONE,
        text=f"position {place.position} of {place.topic}/{place.partition}",
    )


def sent(dispatches: list[Dispatch]) -> list[Step]:
    return [
        Step(
            name="sent again" if row.again else "sent",
            state=State.DONE,
            text=f"as {message_name(row.message)}{_company(row)}",
            at=row.sent_at,
            facts={"message": str(row.message)},
        )
        for row in dispatches
    ]


def waits_since(event: OutboxEvent, at: datetime) -> float:
    """Seconds."""
    return max((at - event.recorded_at).total_seconds(), 0.0)


def _who(actor: str | None) -> str:
    if actor is None:
        return "by somebody who had not signed in, or before actors were kept"
    return f"by {actor}" if " " in actor else f"by user {actor}"


def _company(row: Dispatch) -> str:
    return f", with positions {row.first:,} to {row.last:,}" if row.last > row.first else ""
