"""What is announced of orders."""

from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from event_bus.events import Event


class OrderedLine(BaseModel):
    """A product in an order, and what one of it cost. A product may stand in several lines."""

    model_config = ConfigDict(frozen=True)

    product_id: UUID
    quantity: int
    unit_price: Decimal
    currency: str


class OrderState(Event):
    """The whole order. One user's orders travel through one partition."""

    order_id: UUID
    user_id: UUID
    placed_at: datetime
    cancelled_at: datetime | None
    lines: tuple[OrderedLine, ...]

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
