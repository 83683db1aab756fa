"""Event: what all events have in common, and its envelope on the wire."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    WithJsonSchema,
)


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("before the year 1 or after 9999, in UTC") from error


UtcDatetime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time that every database can hold and read back."""

DecimalText = Annotated[Decimal, WithJsonSchema({"type": "string", "format": "decimal"})]
"""A number that no reader may round on its way: a string on the wire."""

LARGEST_INTEGER = 2**31 - 1
"""What an integer column takes everywhere."""


class Event(BaseModel):
    """A fact in the past tense, with the whole state that its readers need.

    A subclass names its `type` on the wire ("orders.order_placed.v1": topic, fact, version of the
    contract) and says which aggregate it is about. An announcer says what each field means, with an
    example, since its contract and docs/events.md are made of that. Unknown fields are ignored, so that a reader may
    declare fewer fields than the announcer writes.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    type: ClassVar[str]

    version: int = Field(
        ge=1, le=LARGEST_INTEGER, description="Counts the changes of the aggregate, from 1.", examples=[1]
    )

    @property
    def subject(self) -> UUID:
        """The aggregate (a product, a user, an order) whose state this is."""
        raise NotImplementedError(f"{type(self).__name__} must say which aggregate it is about")

    @property
    def key(self) -> UUID:
        """Decides the partition: events with one key travel through one partition."""
        return self.subject

    @classmethod
    def topic(cls) -> str:
        return cls.type.partition(".")[0]


class Envelope(BaseModel):
    """An event on the wire: the attributes of CloudEvents 1.0, and its place in the log.

    Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md, and its extension for
    distributed tracing. Who made the change is not sent: no reader needs it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: str = Field(default="1.0", description="Of CloudEvents.")
    id: str = Field(description="Unique within `source`.")
    source: str = Field(description="The shop that announces.")
    type: str = Field(description="The wire name: topic, fact, version of the contract.")
    subject: UUID = Field(description="The aggregate (a product, a user, an order) whose state this is.")
    time: UtcDatetime = Field(description="When the change was made, UTC.")
    data: dict[str, Any] = Field(description="The event itself.")
    position: int = Field(ge=1, description="1, 2, 3… without holes inside one partition.")
    correlationid: str | None = Field(default=None, description="Of the request that made the change.")
    traceparent: str | None = Field(default=None, description="W3C trace context of the change.")


ENVELOPES = TypeAdapter(list[Envelope])
"""Checks hundreds of them in one call."""
