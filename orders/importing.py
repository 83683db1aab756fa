"""Orders that were placed elsewhere before: taken over in bulk, each announced."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from event_bus.outbox.publishing import publish_all
from orders.announcing import state_of
from orders.events import OrderPlaced
from orders.models import Order, OrderLine
from products.prices import as_price
from users.queries import get_erased


@dataclass(frozen=True)
class LineToImport:
    product_id: UUID
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class OrderToImport:
    order_id: UUID
    user_id: UUID
    placed_at: datetime
    currency: str
    lines: tuple[LineToImport, ...]


@transaction.atomic
def import_orders(orders: Sequence[OrderToImport]) -> int:
    """Create those whose id is not known yet, leave the others alone. Returns how many are new.

    Nothing is told of users who asked to be forgotten.

    Lines stay as they are, and products are not looked up: an old order may be for one that never was in this
    catalogue. The caller has checked the fields. Raises ValueError for a price with more than 4 decimals.
    """
    given = {order.order_id: order for order in orders}
    known = set(Order.objects.filter(id__in=list(given)).values_list("id", flat=True))
    new = [_imported(order) for order in given.values() if order.order_id not in known]
    # Two imports of one set at once announce the same facts twice, which counts once.
    Order.objects.unguarded().bulk_create([order for order, _ in new], ignore_conflicts=True)
    OrderLine.objects.unguarded().bulk_create(
        [line for _, lines in new for line in lines], ignore_conflicts=True
    )
    erased = get_erased(order.user_id for order, _ in new)
    publish_all(OrderPlaced(**state_of(order, lines)) for order, lines in new if order.user_id not in erased)
    return len(new)


def _imported(given: OrderToImport) -> tuple[Order, list[OrderLine]]:
    order = Order(
        id=given.order_id, user_id=given.user_id, placed_at=given.placed_at, currency=given.currency
    )
    lines = [
        OrderLine(
            order=order,
            number=number,
            product_id=line.product_id,
            quantity=line.quantity,
            unit_price=as_price(line.unit_price),
        )
        for number, line in enumerate(given.lines, start=1)
    ]
    return order, lines
