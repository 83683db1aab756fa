"""Orders told again, as they stand now."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

from django.db.models import Prefetch, Q

from event_bus.digests import Record, Which, as_text, hex_of, select, time_of
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


def _records(which: Which) -> list[Record]:
    """What readers keep of an order: whose it is, when it was placed, whether it counts, how many of what.

    One statement, so that an order and its lines are of one moment. An order without any is none to a reader.
    """
    rows = select(Order.objects.order_by("id"), which, by="id", and_by="lines__order_id").values_list(
        as_text("id"),
        "version",
        "user_id",
        as_text("placed_at"),
        "cancelled_at",
        as_text("lines__product_id"),
        "lines__quantity",
    )
    lines = (row for row in rows.iterator() if row[5] is not None)
    orders = [list(its) for _, its in groupby(lines, key=itemgetter(0))]
    erased = get_erased(its[0][2] for its in orders)
    return [_record_of(its) for its in orders if its[0][2] not in erased]


def _record_of(lines: list[tuple[Any, ...]]) -> Record:
    id, version, user_id, placed_at, cancelled_at = lines[0][:5]
    quantities: dict[str, int] = {}
    for line in lines:
        product_id = hex_of(line[5])
        quantities[product_id] = quantities.get(product_id, 0) + line[6]
    fields = (hex_of(user_id), time_of(placed_at), cancelled_at is not None, sorted(quantities.items()))
    return Record(hex_of(id), version, fields)


def _forget(user_id: UUID) -> Forgotten:
    """The orders stay, as the books need them, under an id that nobody is known by any more.

    Locked: what tells of one of them has done so by now, or finds the user erased.
    """
    locked = Order.objects.of_user(user_id).order_by("pk").select_for_update(no_key=True)
    orders = list(locked.values_list("id", flat=True))
    keys, _ = IdempotencyKey.objects.filter(user_id=user_id).delete()
    return Forgotten(removed=[Removed("orders", "idempotency keys", keys)], subjects=orders)


source = Source(rows=_with_lines, events_of=_last_facts, since=_since, records=_records, forget=_forget)
