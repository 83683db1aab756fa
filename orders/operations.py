"""What can be done with orders: each verb is one transaction and announces what it did."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from event_bus.outbox.publishing import publish
from orders.announcing import state_of
from orders.events import OrderCancelled, OrderPlaced
from orders.models import MAX_QUANTITY, IdempotencyKey, Order, OrderLine
from products.queries import Offer, get_offers
from users.queries import get_erased


@dataclass(frozen=True)
class LineToOrder:
    product_id: UUID
    quantity: int


class OrderInvalid(ValidationError):
    """The order has no line, a quantity out of range, or prices in several currencies."""


class ProductsNotAvailable(Exception):
    """Some products cannot be ordered: `unknown` has their ids, `withdrawn` their titles by id."""

    def __init__(self, *, unknown: list[UUID], withdrawn: dict[UUID, str]) -> None:
        self.unknown = unknown
        self.withdrawn = withdrawn
        super().__init__("; ".join(self._reasons()))

    def _reasons(self) -> Iterable[str]:
        if self.unknown:
            yield f"unknown: {', '.join(map(str, self.unknown))}"
        if self.withdrawn:
            yield f"no longer sold: {', '.join(self.withdrawn.values())}"


class KeyUsedForAnotherOrder(Exception):
    """The idempotency key stands for a wish with other lines."""


class TotalChanged(Exception):
    """The order would cost another sum than its customer has seen."""


def place_order(
    *, user_id: UUID, lines: Sequence[LineToOrder], at: datetime, order_id: UUID | None = None
) -> Order:
    """Order at today's prices; lines with the same product become one.

    Raises OrderInvalid, or ProductsNotAvailable, which names every product that cannot be ordered.
    """
    quantities = _quantities(lines)
    with transaction.atomic():
        return _place(order_id=order_id or uuid4(), user_id=user_id, quantities=quantities, at=at)


def place_order_once(
    *, user_id: UUID, lines: Sequence[LineToOrder], at: datetime, key: str, total: Decimal | None = None
) -> tuple[Order, bool]:
    """Place one order, however often it is asked for under one key. Also says whether it was placed now.

    `total`: what the customer has seen that it costs, if that was shown. What was ordered under the key already is
    returned whatever it would cost now. Raises KeyUsedForAnotherOrder, TotalChanged, and what `place_order` raises;
    a refused order leaves the key free.
    """
    quantities = _quantities(lines)
    order_id = uuid4()
    wish = IdempotencyKey(user_id=user_id, key=key, fingerprint=_fingerprint(quantities), order_id=order_id)
    try:
        with transaction.atomic():
            wish.save(force_insert=True)  # before the order: the same wish made twice at once waits here
            return _place(order_id=order_id, user_id=user_id, quantities=quantities, at=at, total=total), True
    except IntegrityError:
        earlier = IdempotencyKey.objects.select_related("order").filter(user_id=user_id, key=key).first()
        if earlier is None:
            raise
    if earlier.fingerprint != wish.fingerprint:
        raise KeyUsedForAnotherOrder(f"the key {key!r} was used for an order with other lines")
    return earlier.order, False


@transaction.atomic
def cancel_order(*, order_id: UUID, at: datetime) -> Order:
    """Nothing is told of somebody who asked to be forgotten. Raises Order.DoesNotExist or OrderNotCancellable."""
    order = Order.objects.select_for_update().get(id=order_id)
    order.cancel(at)
    order.version += 1
    order.save(update_fields=["cancelled_at", "version"])
    if not get_erased([order.user_id]):
        publish(OrderCancelled(**state_of(order, order.lines.all())))
    return order


def _quantities(lines: Sequence[LineToOrder]) -> dict[UUID, int]:
    """How many of each product, in the order in which they were first named. Raises OrderInvalid."""
    quantities: dict[UUID, int] = {}
    for line in lines:
        if line.quantity < 1:
            raise OrderInvalid({"lines": f"the quantity of {line.product_id} is below 1"})
        quantities[line.product_id] = quantities.get(line.product_id, 0) + line.quantity
    if not quantities:
        raise OrderInvalid({"lines": "an order has at least one line"})
    if too_many := [str(id) for id, quantity in quantities.items() if quantity > MAX_QUANTITY]:
        raise OrderInvalid({"lines": f"more than {MAX_QUANTITY:,} of {', '.join(too_many)}"})
    return quantities


def _place(
    *,
    order_id: UUID,
    user_id: UUID,
    quantities: Mapping[UUID, int],
    at: datetime,
    total: Decimal | None = None,
) -> Order:
    offers = _offers_for(quantities)
    if total is not None and total != sum(
        quantity * offers[product_id].price for product_id, quantity in quantities.items()
    ):
        raise TotalChanged(f"it does not cost {total} any more")
    order = Order(id=order_id, user_id=user_id, placed_at=at, currency=_one_currency(offers.values()))
    lines = [
        OrderLine(
            order=order,
            number=number,
            product_id=product_id,
            quantity=quantity,
            unit_price=offers[product_id].price,
        )
        for number, (product_id, quantity) in enumerate(quantities.items(), start=1)
    ]
    order.save(force_insert=True)
    OrderLine.objects.unguarded().bulk_create(lines)
    publish(OrderPlaced(**state_of(order, lines)))
    return order


def _offers_for(product_ids: Iterable[UUID]) -> dict[UUID, Offer]:
    """Raises ProductsNotAvailable."""
    wanted = list(product_ids)
    offers = get_offers(wanted)
    unknown = [id for id in wanted if id not in offers]
    withdrawn = {id: offers[id].title for id in wanted if id in offers and offers[id].withdrawn}
    if unknown or withdrawn:
        raise ProductsNotAvailable(unknown=unknown, withdrawn=withdrawn)
    return offers


def _one_currency(offers: Iterable[Offer]) -> str:
    """Raises OrderInvalid."""
    currencies = sorted({offer.currency for offer in offers})
    if len(currencies) > 1:
        raise OrderInvalid({"lines": f"one order, one currency; these are in {' and '.join(currencies)}"})
    return currencies[0]


def _fingerprint(quantities: Mapping[UUID, int]) -> str:
    wish = sorted((str(product_id), quantity) for product_id, quantity in quantities.items())
    return hashlib.sha256(json.dumps(wish).encode()).hexdigest()
