"""Step 4 of the way of an order: events become rows, the same ones in whatever order they come."""

from collections.abc import Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from django.db import connections, router

from event_bus.inbox.forgetting import forget_dead_letters
from event_bus.inbox.projections import Projection, Row, is_appended_to
from event_bus.inbox.upserting import insert_new, keep_newest
from event_bus.rebuilding.kept import forget_in_kept_tables
from event_bus.relations import as_conditions, distinct
from event_bus.row_statements import for_update
from order_history import incoming_events as incoming
from order_history import mirrors, summaries
from order_history.lost_lines import known_orders, remove_lost_lines
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser, OrderedProduct
from storefront.folding import folded

projection = Projection()
summarise = projection.derives(OrderedProduct, summaries.summarise_everything)(summaries.summarise)


@projection.on(incoming.ProductCreated, incoming.ProductChanged, incoming.ProductWithdrawn)
def keep_newest_products(events: list[incoming.ProductState]) -> None:
    """Titles and images as each product last announced them."""
    keep_newest(
        HistoryProduct,
        [
            {
                "product_id": event.product_id,
                "title": event.title,
                "folded_title": folded(event.title),
                "image": event.image or "",
                "withdrawn": event.withdrawn,
                "version": event.version,
            }
            for event in events
        ],
        key=["product_id"],
    )


@projection.on(incoming.UserSignedUp, incoming.UserErased)
def keep_newest_users(events: list[incoming.UserState]) -> None:
    """Of an erased user everything goes but a tombstone, which keeps late orders from coming back."""
    keep_newest(
        HistoryUser,
        [
            {"user_id": event.user_id, "erased_at": event.erased_at, "version": event.version}
            for event in events
        ],
        key=["user_id"],
    )
    erased = {event.user_id for event in events if event.erased_at}
    if erased:
        _forget(erased)
        forget_in_kept_tables(lambda: _forget(erased))


def _forget(user_ids: set[UUID]) -> None:
    OrderedProduct.objects.filter(user_id__in=user_ids).delete()
    HistoryOrderLine.objects.filter(user_id__in=user_ids).delete()
    forget_dead_letters(user_ids)


@projection.forgets
def erased_among(user_ids: set[UUID]) -> set[UUID]:
    """Locked, so that whoever is being erased now is so before this or after what follows."""
    known = HistoryUser.objects.filter(user_id__in=user_ids).select_for_update().order_by("user_id")
    return {user.user_id for user in known if user.erased_at}


@projection.on(incoming.OrderPlaced, incoming.OrderCancelled)
def keep_newest_orders(events: list[incoming.OrderState]) -> None:
    """What each order holds, and from that what each of their users has ordered."""
    erased = _lock_users(distinct(event.user_id for event in events))
    if erased:
        events = [event for event in events if event.user_id not in erased]
    events = _newest_of_each(events)
    known = set[UUID]()
    if not is_appended_to(HistoryOrderLine):
        known = known_orders([event.order_id for event in events])
    new: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for event in events:
        (again if known and event.order_id in known else new).extend(_lines_of(event))
    insert_new(HistoryOrderLine, new)
    keep_newest(HistoryOrderLine, again, key=["order_id", "product_id"])
    gone = remove_lost_lines(again)
    summarise(chain(((line["user_id"], line["product_id"]) for line in chain(new, again)), gone))


@projection.holds("products")
def row_of_product(product_id: UUID) -> Row | None:
    row = HistoryProduct.objects.filter(product_id=product_id).first()
    if row is None:
        return None
    return Row(
        HistoryProduct, row.version, f"“{row.title}”, {'no longer sold' if row.withdrawn else 'for sale'}"
    )


@projection.holds("users")
def row_of_user(user_id: UUID) -> Row | None:
    row = HistoryUser.objects.filter(user_id=user_id).first()
    if row is None:
        return None
    if row.erased_at:
        return Row(
            HistoryUser, row.version, "a tombstone: the user was erased, and nothing of theirs is kept"
        )
    count = OrderedProduct.objects.of_user(user_id).count()
    return Row(HistoryUser, row.version, f"the user, with {count:,} ordered products")


@projection.holds("orders")
def row_of_order(order_id: UUID) -> Row | None:
    lines = list(HistoryOrderLine.objects.filter(order_id=order_id))
    if not lines:
        return None
    cancelled = ", cancelled: it does not count" if lines[0].cancelled else ""
    return Row(
        HistoryOrderLine, lines[0].version, f"{len(lines):,} order line{'s' * (len(lines) > 1)}{cancelled}"
    )


projection.mirrors(
    "products", HistoryProduct, records=mirrors.records_of_products, remove=mirrors.remove_products
)
projection.mirrors("users", HistoryUser, records=mirrors.records_of_users, remove=mirrors.remove_users)
projection.mirrors(
    "orders",
    HistoryOrderLine,
    by="order_id",
    records=mirrors.records_of_orders,
    remove=mirrors.remove_orders,
)
projection.checks("ordered products", summaries.check_ordered_products)
projection.appends(HistoryOrderLine, of="order_id")


def _lock_users(user_ids: list[UUID]) -> set[UUID]:
    """Locks these users against being erased meanwhile; returns those who were erased before."""
    if _lock_known_users(user_ids):
        return set()
    named = HistoryUser.objects.filter(user_id__in=user_ids).select_for_update().order_by("user_id")
    erased_at = dict(named.values_list("user_id", "erased_at"))
    if unknown := set(user_ids) - erased_at.keys():
        HistoryUser.objects.bulk_create(
            [HistoryUser(user_id=user_id, version=0) for user_id in sorted(unknown)], ignore_conflicts=True
        )
        erased_at = dict(named.values_list("user_id", "erased_at"))
    return {user_id for user_id, at in erased_at.items() if at}


def _lock_known_users(user_ids: list[UUID]) -> bool:
    """Locks them in one statement; whether all are known and none is erased, as nearly always."""
    connection = connections[router.db_for_write(HistoryUser)]
    lock = for_update(connection)
    field = HistoryUser._meta.get_field("user_id")
    with connection.cursor() as cursor:
        known = 0
        for among_them, parameters in as_conditions(connection, field, user_ids):
            cursor.execute(_LOCK_USERS.format(among_them=among_them, lock=lock), parameters)
            found, erased = cursor.fetchone()
            known += found - erased
    return known == len(user_ids)


_LOCK_USERS = """
WITH locked AS (
    SELECT erased_at FROM order_history_historyuser WHERE user_id {among_them} ORDER BY user_id {lock}
)
SELECT count(*), count(erased_at) FROM locked
"""


def _newest_of_each(events: list[incoming.OrderState]) -> list[incoming.OrderState]:
    """Of each order its newest version, and the last telling of that. Lines of the others would only be taken out."""
    newest: dict[int, incoming.OrderState] = {}
    for event in events:
        number = event.order_id.int
        if number not in newest or newest[number].version <= event.version:
            newest[number] = event
    return list(newest.values())


def _lines_of(order: incoming.OrderState) -> list[dict[str, Any]]:
    """One line a product: the same product twice in an order is one ordering, its quantities added."""
    lines: Sequence[incoming.OrderedLine] = order.lines
    if len(lines) > 1 and len({line["product_id"].int for line in lines}) < len(lines):
        lines = _added_up(lines)
    order_id, user_id, placed_at, version = order.order_id, order.user_id, order.placed_at, order.version
    cancelled = order.cancelled_at is not None
    return [
        {
            "order_id": order_id,
            "product_id": line["product_id"],
            "user_id": user_id,
            "quantity": line["quantity"],
            "placed_at": placed_at,
            "cancelled": cancelled,
            "version": version,
        }
        for line in lines
    ]


def _added_up(lines: Sequence[incoming.OrderedLine]) -> list[incoming.OrderedLine]:
    quantities: dict[UUID, int] = {}
    for line in lines:
        quantities[line["product_id"]] = quantities.get(line["product_id"], 0) + line["quantity"]
    return [{"product_id": product_id, "quantity": quantity} for product_id, quantity in quantities.items()]
