"""What is announced of orders."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from event_bus.events import DecimalText, Event


class OrderedLine(BaseModel):
    """A product in an order, and what one of it cost. A product may stand in several lines."""

    model_config = ConfigDict(frozen=True)

    product_id: UUID = Field(
        description="What was ordered.", examples=["5b0c9b52-41a4-4f6e-9d0e-6a0f4d1b2c01"]
    )
    quantity: int = Field(description="How many, from 1.", examples=[2])
    unit_price: DecimalText = Field(description="What one cost when it was ordered.", examples=["12.5000"])
    currency: str = Field(description="ISO 4217.", examples=["EUR"])


class OrderState(Event):
    """The whole order. One user's orders travel through one partition."""

    order_id: UUID = Field(description="The order.", examples=["c3a4e6f8-1b2d-4e5f-9a7b-8c9d0e1f2a03"])
    user_id: UUID = Field(description="Who ordered.", examples=["8d1f7c1e-3f0b-4c57-8a8b-0d3b7c9e5a02"])
    placed_at: datetime = Field(description="When it was placed, UTC.", examples=["2026-03-01T12:00:00Z"])
    cancelled_at: datetime | None = Field(
        description="When it was cancelled, UTC; null for an order that counts.", examples=[None]
    )
    lines: tuple[OrderedLine, ...] = Field(description="What was ordered, in the customer's order.")

    @property
    def subject(self) -> UUID:
        return self.order_id

    @property
    def key(self) -> UUID:
        return self.user_id


class OrderPlaced(OrderState):
    """A customer placed an order; the lines are as they were at that moment."""

    type: ClassVar[str] = "orders.order_placed.v1"


class OrderCancelled(OrderState):
    """A customer, or staff, cancelled an order: it counts no longer."""

    type: ClassVar[str] = "orders.order_cancelled.v1"

    cancelled_at: datetime = Field(
        description="When it was cancelled, UTC.", examples=["2026-03-02T08:30:00Z"]
    )
