"""What somebody looks for: an order, a product, a user, an event, or a place in the log."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from event_bus.subscriptions import known_topics

_PLACE = re.compile(r"([a-z_]{1,50})/(\d{1,5}):(\d{1,18})")


class NotUnderstood(ValueError):
    """The text is no id and no place."""


@dataclass(frozen=True)
class Place:
    topic: str
    partition: int
    position: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}:{self.position}"


Question = UUID | int | Place
"""The id of an aggregate, the id of an event, or a place."""


def understand(text: str) -> Question:
    """Raises NotUnderstood, which says what would be."""
    text = text.strip()
    if found := _PLACE.fullmatch(text):
        return _known(Place(found[1], int(found[2]), int(found[3])))
    if re.fullmatch(r"\d{1,18}", text):
        return int(text)
    try:
        return UUID(text)
    except ValueError:
        raise NotUnderstood(
            "Give the id of an order, a product or a user (a UUID), the number of an event, "
            "or a place in the log such as orders/3:128."
        ) from None


def _known(place: Place) -> Place:
    """Raises NotUnderstood if there is no such topic or partition."""
    if place.topic not in known_topics():
        raise NotUnderstood(f"There is no topic {place.topic}; there are {', '.join(known_topics())}.")
    partitions = settings.EVENT_BUS["PARTITIONS"]
    if place.partition >= partitions:
        raise NotUnderstood(f"{place.topic} has the partitions 0 to {partitions - 1}.")
    return place
