"""What other apps may ask the catalogue."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from products.models import Product


@dataclass(frozen=True)
class Offer:
    """A product and what it costs now."""

    product_id: UUID
    title: str
    image: str
    """Path in the media storage; empty if there is no picture."""
    price: Decimal
    currency: str
    withdrawn: bool


def get_offers(product_ids: Iterable[UUID]) -> dict[UUID, Offer]:
    """Offers by product id, withdrawn ones too; unknown ids are left out. One query."""
    products = Product.objects.filter(id__in=list(product_ids))
    return {product.id: _offer_of(product) for product in products}


def get_first_on_offer(count: int) -> list[Offer]:
    """By title. Fewer if there are no more."""
    return [_offer_of(product) for product in Product.objects.on_offer().order_by("title", "id")[:count]]


def _offer_of(product: Product) -> Offer:
    return Offer(
        product_id=product.id,
        title=product.title,
        image=product.image.name or "",
        price=product.price,
        currency=product.currency,
        withdrawn=product.withdrawn,
    )
