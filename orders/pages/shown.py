"""Lines as a customer sees them: with the product's title and picture of today."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from orders.models import Order
from products.queries import Offer, get_offers
from storefront.basket import Basket


@dataclass(frozen=True)
class ShownLine:
    product_id: UUID
    offer: Offer | None
    """None for a product that this catalogue never had."""
    quantity: int
    unit_price: Decimal
    currency: str

    @property
    def sum(self) -> Decimal:
        return self.quantity * self.unit_price

    @property
    def available(self) -> bool:
        return self.offer is not None and not self.offer.withdrawn


@dataclass(frozen=True)
class ShownOrder:
    order: Order
    lines: list[ShownLine]


def lines_of_basket(basket: Basket) -> list[ShownLine]:
    offers = get_offers(basket.quantities)
    return [
        ShownLine(
            product_id=product_id,
            offer=(offer := offers.get(product_id)),
            quantity=quantity,
            unit_price=offer.price if offer else Decimal("0.0000"),
            currency=offer.currency if offer else "",
        )
        for product_id, quantity in basket.quantities.items()
    ]


def shown(orders: Iterable[Order]) -> list[ShownOrder]:
    """With two queries, however many orders they are."""
    orders = list(orders)
    offers = get_offers({line.product_id for order in orders for line in order.lines.all()})
    return [
        ShownOrder(
            order=order,
            lines=[
                ShownLine(
                    product_id=line.product_id,
                    offer=offers.get(line.product_id),
                    quantity=line.quantity,
                    unit_price=line.unit_price,
                    currency=order.currency,
                )
                for line in order.lines.all()
            ],
        )
        for order in orders
    ]
