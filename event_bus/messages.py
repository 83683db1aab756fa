"""What passes between outbox and inbox: all that one knows of the other."""

from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from event_bus.events import UtcDatetime

RELAY = "event_bus.relay"
SWEEP = "event_bus.sweep"
REDELIVER = "event_bus.redeliver"
RECEIVE = "event_bus.receive"
ACKNOWLEDGE = "event_bus.acknowledge"
PRUNE_EVENTS = "event_bus.prune_events"
CANARY = "event_bus.canary"
PRUNE_DISPATCHES = "event_bus.prune_dispatches"
PRUNE_DELIVERIES = "event_bus.prune_deliveries"
"""Names of the Celery tasks. They never change: messages of an older release may still be waiting."""

OUTBOX_QUEUE = "outbox"


class Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Run(Wire):
    """The positions from `first` to `last` of one partition, both included."""

    topic: str = Field(max_length=50, pattern="^[a-z_]+$")
    partition: int = Field(ge=0, le=32_767)
    first: int = Field(ge=1, lt=2**63)
    last: int = Field(ge=1, lt=2**63)

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"a run cannot end at {self.last}, before its beginning at {self.first}")
        return self

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}:{self.first}…{self.last}"


class Batch(Run):
    """Every event that stands in a run. A position without an event was removed from the log: it counts as sent.

    The events are envelopes, not yet checked, so that a malformed one harms no other.
    """

    events: list[Any]


class Watermark(Wire):
    """ "Partition p has reached position `head`, as of time `as_of`", told even when nothing happens.

    Whatever committed before `as_of` has a position up to `head`. `sent` is the last position that was put
    on the way to this subscription before this watermark was.
    """

    topic: str = Field(max_length=50, pattern="^[a-z_]+$")
    partition: int = Field(ge=0, le=32_767)
    head: int = Field(ge=0, lt=2**63)
    sent: int = Field(ge=0, lt=2**63)
    as_of: UtcDatetime | None
    acknowledged: int | None = Field(default=None, description="What the sender knows to be applied.")


class Message(Wire):
    """What the relay sends to one subscription. Older releases gave it neither `id` nor `sent_at`."""

    id: UUID | None = None
    sent_at: UtcDatetime | None = None
    subscription: str
    batches: list[Batch] = []
    watermarks: list[Watermark] = []

    def for_the_wire(self) -> dict[str, Any]:
        """What the serializer writes as JSON. Events go as they are: there are hundreds, and the reader checks them."""
        return {
            **vars(self),
            "batches": [vars(batch) for batch in self.batches],
            "watermarks": [vars(watermark) for watermark in self.watermarks],
        }


class Acknowledged(Wire):
    topic: str
    partition: int
    position: int


class Acknowledgement(Wire):
    """What a subscription sends to the relay: up to these positions it has applied everything."""

    subscription: str
    positions: list[Acknowledged]


class RedeliveryRequest(Wire):
    """What a subscription sends to the relay when positions stay missing."""

    subscription: str
    missing: list[Run]
