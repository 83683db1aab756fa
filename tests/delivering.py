"""Brings events to a subscription as the relay would, through JSON."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from event_bus.events import Event
from event_bus.inbox.receiving import receive
from event_bus.messages import Message, Run

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Wire:
    """A log of one partition a topic: every event that it delivers gets the next position."""

    def __init__(self, subscription: str = "order_history") -> None:
        self.subscription = subscription
        self.heads: dict[str, int] = {}

    def deliver(self, *events: Event) -> list[Run]:
        """All in one message."""
        batches = [self.batch(topic, its) for topic, its in _by_topic(events).items()]
        return self.send(batches=batches)

    def batch(self, topic: str, events: Sequence[Event]) -> dict[str, Any]:
        first = self.heads.get(topic, 0) + 1
        self.heads[topic] = first + len(events) - 1
        return {
            "topic": topic,
            "partition": 0,
            "first": first,
            "last": self.heads[topic],
            "events": [envelope(event, first + index) for index, event in enumerate(events)],
        }

    def send(self, *, at: datetime = NOW, **content: Any) -> list[Run]:
        text = json.dumps({"subscription": self.subscription, **content}, default=str)
        return receive(Message.model_validate(json.loads(text)), at=at)


def envelope(event: Event, position: int) -> dict[str, Any]:
    data = event.model_dump(mode="json")
    subject = next(iter(data[name] for name in ("order_id", "product_id", "user_id") if name in data))
    return {
        "id": str(position),
        "source": "/shop",
        "type": event.type,
        "subject": subject,
        "time": NOW.isoformat(),
        "data": data,
        "position": position,
    }


def _by_topic(events: Iterable[Event]) -> dict[str, list[Event]]:
    topics: dict[str, list[Event]] = {}
    for event in events:
        topics.setdefault(event.topic(), []).append(event)
    return topics
