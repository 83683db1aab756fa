"""The events that the history listens to, with only the fields that it reads."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from event_bus.events import LARGEST_INTEGER, Event, UtcDatetime


class ProductState(Event):
    product_id: UUID
    title: str = Field(max_length=200)
    image: str | None = Field(default=None, max_length=200)
    withdrawn: bool = False


class ProductCreated(ProductState):
    type: ClassVar[str] = "products.product_created.v1"


class ProductChanged(ProductState):
    type: ClassVar[str] = "products.product_changed.v1"


class ProductWithdrawn(ProductState):
    type: ClassVar[str] = "products.product_withdrawn.v1"


class UserState(Event):
    user_id: UUID
    erased_at: UtcDatetime | None = None


class UserSignedUp(UserState):
    type: ClassVar[str] = "users.user_signed_up.v1"


class UserErased(UserState):
    type: ClassVar[str] = "users.user_erased.v1"

    erased_at: UtcDatetime


class OrderedLine(TypedDict):
    """No model: of these there are more than of anything else, and a dictionary costs less."""

    product_id: UUID
    quantity: Annotated[int, Field(ge=1, le=LARGEST_INTEGER)]


class OrderState(Event):
    order_id: UUID
    user_id: UUID
    placed_at: UtcDatetime
    cancelled_at: UtcDatetime | None = None
    lines: tuple[OrderedLine, ...]


class OrderPlaced(OrderState):
    type: ClassVar[str] = "orders.order_placed.v1"


class OrderCancelled(OrderState):
    type: ClassVar[str] = "orders.order_cancelled.v1"

    cancelled_at: UtcDatetime
