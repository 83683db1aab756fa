"""Orders told again, as they stand now."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from django.db.models import Prefetch, Q

from event_bus.digests import State, Which, as_text, digest_of, select, time_of
from event_bus.events import Event
from event_bus.outbox.sources import Forgotten, Removed, Source
from orders.events import OrderCancelled, OrderedLine, OrderPlaced
from orders.models import IdempotencyKey, Order, OrderLine, OrderQuerySet
from users.queries import get_erased


def state_of(order: Order, lines: Iterable[OrderLine]) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "user_id": order.user_id,
        "placed_at": order.placed_at,
        "cancelled_at": order.cancelled_at,
        "lines": tuple(
            OrderedLine(
                product_id=line.product_id,
                quantity=line.quantity,
                unit_price=line.unit_price,
                currency=order.currency,
            )
            for line in lines
        ),
        "version": order.version,
    }


def _with_lines() -> OrderQuerySet:
    """As a plain list: `order.lines.all()` would make a manager and a query of each of thousands."""
    return Order.objects.prefetch_related(Prefetch("lines", to_attr="prefetched_lines"))


def _last_facts(orders: Sequence[Order]) -> list[Event]:
    """Nothing is told any more of users who asked to be forgotten."""
    erased = get_erased(order.user_id for order in orders)
    return [_last_fact(order) for order in orders if order.user_id not in erased]


def _last_fact(order: Order) -> Event:
    fact = OrderCancelled if order.cancelled_at else OrderPlaced
    return fact(**state_of(order, cast(Any, order).prefetched_lines))


def _since(time: datetime) -> Q:
    return Q(placed_at__gte=time) | Q(cancelled_at__gte=time)


def _states(which: Which) -> list[State]:
    """What readers keep of an order: whose it is, when it was placed, whether it counts, how many of what.

    One statement, so that an order and its lines are of one moment.
    """
    rows = select(OrderLine.objects.order_by("order_id"), which, by="order_id").values_list(
        as_text("order_id"),
        "order__version",
        as_text("order__user_id"),
        as_text("order__placed_at"),
        "order__cancelled_at",
        as_text("product_id"),
        "quantity",
    )
    orders = [list(lines) for _, lines in groupby(rows.iterator(), key=itemgetter(0))]
    user_ids = [UUID(lines[0][2]) for lines in orders]
    erased = get_erased(user_ids)
    return [
        _state_of(user_id, lines)
        for user_id, lines in zip(user_ids, orders, strict=True)
        if user_id not in erased
    ]


def _state_of(user_id: UUID, lines: list[tuple[Any, ...]]) -> State:
    id, version, _, placed_at, cancelled_at = lines[0][:5]
    quantities: Counter[str] = Counter()
    for line in lines:
        quantities[line[5].replace("-", "")] += line[6]
    digest = digest_of(user_id, time_of(placed_at), cancelled_at is not None, sorted(quantities.items()))
    return State(UUID(id), version, digest)


def _forget(user_id: UUID) -> Forgotten:
    """The orders stay, as the books need them, under an id that nobody is known by any more."""
    orders = list(Order.objects.of_user(user_id).values_list("id", flat=True))
    keys, _ = IdempotencyKey.objects.filter(user_id=user_id).delete()
    return Forgotten(removed=[Removed("orders", "idempotency keys", keys)], subjects=orders)


source = Source(rows=_with_lines, events_of=_last_facts, since=_since, states=_states, forget=_forget)
