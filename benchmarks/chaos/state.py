"""The rows that are compared: what the owning apps have, and what the history has."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Product(NamedTuple):
    title: str
    image: str
    withdrawn: bool
    version: int


class User(NamedTuple):
    erased_at: datetime | None
    version: int


class Order(NamedTuple):
    user_id: UUID
    placed_at: datetime
    cancelled: bool
    quantities: dict[UUID, int]
    version: int


class Line(NamedTuple):
    user_id: UUID
    quantity: int
    placed_at: datetime
    cancelled: bool
    version: int


class Ordered(NamedTuple):
    first_ordered_at: datetime
    last_ordered_at: datetime
    times_ordered: int
    quantity: int


@dataclass
class ShopRows:
    products: dict[UUID, Product] = field(default_factory=dict)
    users: dict[UUID, User] = field(default_factory=dict)
    orders: dict[UUID, Order] = field(default_factory=dict)


@dataclass
class HistoryRows:
    """`lines` by order and product, `ordered` by user and product."""

    products: dict[UUID, Product] = field(default_factory=dict)
    users: dict[UUID, User] = field(default_factory=dict)
    lines: dict[tuple[UUID, UUID], Line] = field(default_factory=dict)
    ordered: dict[tuple[UUID, UUID], Ordered] = field(default_factory=dict)


@dataclass(frozen=True)
class Letter:
    """A dead letter that waits."""

    content: str
    error: str


def read_shop() -> ShopRows:
    from orders.models import Order as OrderRow
    from orders.models import OrderLine
    from products.models import Product as ProductRow
    from users.models import User as UserRow

    lines: dict[UUID, Counter[UUID]] = {}
    for order_id, product_id, quantity in OrderLine.objects.values_list("order_id", "product_id", "quantity"):
        lines.setdefault(order_id, Counter())[product_id] += quantity
    return ShopRows(
        products={
            row.id: Product(row.title, row.image.name or "", row.withdrawn, row.version)
            for row in ProductRow.objects.all()
        },
        users={row.id: User(row.erased_at, row.version) for row in UserRow.objects.all()},
        orders={
            row.id: Order(
                row.user_id,
                row.placed_at,
                row.cancelled_at is not None,
                dict(lines.get(row.id, {})),
                row.version,
            )
            for row in OrderRow.objects.all()
        },
    )


def read_history() -> HistoryRows:
    from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser, OrderedProduct

    return HistoryRows(
        products={
            row.product_id: Product(row.title, row.image, row.withdrawn, row.version)
            for row in HistoryProduct.objects.all()
        },
        users={row.user_id: User(row.erased_at, row.version) for row in HistoryUser.objects.all()},
        lines={
            (row.order_id, row.product_id): Line(
                row.user_id, row.quantity, row.placed_at, row.cancelled, row.version
            )
            for row in HistoryOrderLine.objects.all()
        },
        ordered={
            (user_id, product_id): Ordered(*figures)
            for user_id, product_id, *figures in OrderedProduct.objects.values_list(
                "user_id", "product_id", *Ordered._fields
            )
        },
    )


def read_dead_letters() -> list[Letter]:
    import json

    from event_bus.inbox.models import DeadLetter

    return [
        Letter(json.dumps(row.content), f"{row.error_type}: {row.error} ({row})")
        for row in DeadLetter.objects.waiting()
    ]
