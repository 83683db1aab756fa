"""What the catalogue announces."""

from typing import ClassVar
from uuid import UUID

from pydantic import Field

from event_bus.events import DecimalText, Event


class ProductState(Event):
    """All that readers may want to know of a product."""

    product_id: UUID = Field(description="The product.", examples=["5b0c9b52-41a4-4f6e-9d0e-6a0f4d1b2c01"])
    title: str = Field(description="As people read it.", examples=["Lampe à huile “Ämne” 灯"])
    image: str | None = Field(
        description="Path of the picture below the media root: the address is the reader's business. "
        "Null for a product without one.",
        examples=["products/0123456789abcdef0123456789abcdef.png"],
    )
    price: DecimalText = Field(description="What one costs now.", examples=["12.5000"])
    currency: str = Field(description="ISO 4217.", examples=["EUR"])
    withdrawn: bool = Field(description="Whether it is no longer sold.", examples=[False])

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

    withdrawn: bool = Field(description="True.", examples=[True])
