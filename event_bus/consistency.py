"""Consistency tokens: a write says which version it made, and a read can tell whether it shows that already."""

import re
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from event_bus.events import LARGEST_INTEGER

HEADER = "Consistency-Token"
"""In the answer to a write."""

_FORM = re.compile(r"([a-z_]{1,50})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([1-9][0-9]{0,9})")


class MalformedToken(ValueError):
    """A text that is no consistency token."""


@dataclass(frozen=True)
class ConsistencyToken:
    """A version of an aggregate. Its text, `orders.c916936f-9490-5fa1-b01d-aaf2e1cf57e3.2`, fits a URL as it is."""

    topic: str
    aggregate_id: UUID
    version: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises MalformedToken."""
        found = _FORM.fullmatch(text)
        if found is None or int(found[3]) > LARGEST_INTEGER:
            raise MalformedToken(
                f"not a consistency token: take it from the header {HEADER} of the answer to a write"
            )
        return cls(topic=found[1], aggregate_id=UUID(found[2]), version=int(found[3]))

    def __str__(self) -> str:
        return f"{self.topic}.{self.aggregate_id}.{self.version}"
