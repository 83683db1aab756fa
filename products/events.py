"""What the catalogue announces."""

from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from event_bus.events import Event


class ProductState(Event):
    """All that readers may want to know of a product. `image` is its path in the media storage."""

    product_id: UUID
    title: str
    image: str | None
    price: Decimal
    currency: str
    withdrawn: bool

    @property
    def subject(self) -> UUID:
        return self.product_id


class ProductCreated(ProductState):
    """A product was added to the catalogue."""

    type: ClassVar[str] = "products.product_created.v1"


class ProductChanged(ProductState):
    """A product's title, price or picture changed."""

    type: ClassVar[str] = "products.product_changed.v1"


class ProductWithdrawn(ProductState):
    """A product is no longer sold. Those who ordered it still see it."""

    type: ClassVar[str] = "products.product_withdrawn.v1"
