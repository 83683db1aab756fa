"""The facts, collected from both databases and the broker within a few seconds, whichever of them answer."""

from collections.abc import Mapping
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from django.apps import apps
from django.conf import settings

from event_bus.messages import OUTBOX_QUEUE
from event_bus.status import broker_side, inbox_side
from event_bus.status.asking import Inquiry, NoAnswer
from event_bus.status.facts import Facts, Side, Topic
from event_bus.status.inbox_side import InboxSide
from event_bus.status.lanes import facts_of
from event_bus.subscriptions import all_subscriptions, known_topics

if TYPE_CHECKING:  # cannot be imported where it is not installed
    from event_bus.status.outbox_side import OutboxSide, Place

PATIENCE = 1.3
"""Seconds for each of two rounds of questions."""

Answer = TypeVar("Answer")


def collect(*, at: datetime) -> Facts:
    subscriptions = all_subscriptions()
    queues = [OUTBOX_QUEUE, *(one.queue for one in subscriptions)]
    asks_broker = Inquiry("broker", lambda: broker_side.ask(queues))
    inbox, inbox_state = _answer(Inquiry("inbox", lambda: inbox_side.ask(at)), "the readers' database")
    outbox, outbox_state = _ask_outbox(_applied_up_to(inbox), at)
    depths, broker_state = _answer(asks_broker, "the broker")
    return Facts(
        at=at,
        objective=settings.EVENT_BUS["FRESHNESS_OBJECTIVE"],
        outbox=outbox_state,
        inbox=inbox_state,
        broker=broker_state,
        topics=_topics(outbox),
        subscriptions=tuple(
            facts_of(one, outbox, inbox.subscriptions[one.name] if inbox else None, depths, at)
            for one in subscriptions
        ),
        processes=(outbox.processes if outbox else ()) + (inbox.processes if inbox else ()),
        outbox_queue_depth=depths[OUTBOX_QUEUE] if depths else None,
        strays=inbox.strays if inbox else None,
        pruning_since=outbox.pruning_since if outbox else None,
    )


def _answer(inquiry: "Inquiry[Answer]", name: str) -> tuple[Answer | None, Side]:
    try:
        return inquiry.answer(within=PATIENCE), Side(name, answers=True)
    except NoAnswer as error:
        return None, Side(name, answers=False, error=str(error))


def _ask_outbox(
    applied_up_to: "Mapping[tuple[str, Place], int]", at: datetime
) -> "tuple[OutboxSide | None, Side | None]":
    if not apps.is_installed("event_bus.outbox"):
        return None, None
    from event_bus.status import outbox_side

    return _answer(Inquiry("outbox", lambda: outbox_side.ask(applied_up_to, at)), "the shop's database")


def _applied_up_to(inbox: InboxSide | None) -> "dict[tuple[str, Place], int]":
    """From 0 where a subscription has not heard of a partition yet."""
    if inbox is None:
        return {}
    return {
        (one.name, (topic, number)): row.applied_up_to if row else 0
        for one in all_subscriptions()
        for checkpoints in [inbox.subscriptions[one.name].checkpoints]
        for topic, number in {
            *product(one.topics, range(settings.EVENT_BUS["PARTITIONS"])),
            *(place for place in checkpoints if place[0] in one.topics),
        }
        for row in [checkpoints.get((topic, number))]
    }


def _topics(outbox: "OutboxSide | None") -> tuple[Topic, ...]:
    return tuple(
        Topic(
            name=name,
            events=_sum(outbox.heads, name) if outbox else None,
            unnumbered=_sum(outbox.unnumbered_counts, name) if outbox else None,
        )
        for name in known_topics()
    )


def _sum(counts: "Mapping[Place, int]", topic: str) -> int:
    return sum(count for (its_topic, _), count in counts.items() if its_topic == topic)
