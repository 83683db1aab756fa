"""What the history holds, as its sources would tell it; and what may be taken out when they have no such row."""

from collections.abc import Collection
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from event_bus.digests import Record, Which, as_text, hex_of, select, time_of
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser
from order_history.summaries import summarise
from storefront.folding import folded


def records_of_products(which: Which) -> list[Record]:
    rows = select(HistoryProduct.objects.order_by("product_id"), which).values_list(
        as_text("product_id"), "version", "title", "image", "withdrawn", "folded_title"
    )
    return [
        Record(hex_of(id), version, (title, image, withdrawn) if folded(title) == searched else ())
        for id, version, title, image, withdrawn, searched in rows
    ]


def records_of_users(which: Which) -> list[Record]:
    """Version 0 is nobody's: that user is only named by an order so far."""
    rows = select(HistoryUser.objects.filter(version__gt=0).order_by("user_id"), which)
    return [
        Record(hex_of(id), version, (erased_at,))
        for id, version, erased_at in rows.values_list(as_text("user_id"), "version", "erased_at")
    ]


def records_of_orders(which: Which) -> list[Record]:
    """The lines of an order agree on all but what they are for."""
    rows = select(HistoryOrderLine.objects.order_by("order_id"), which, by="order_id").values_list(
        as_text("order_id"),
        "version",
        as_text("user_id"),
        as_text("placed_at"),
        "cancelled",
        as_text("product_id"),
        "quantity",
    )
    return [_record_of(list(lines)) for _, lines in groupby(rows.iterator(), key=itemgetter(0))]


def _record_of(lines: list[tuple[Any, ...]]) -> Record:
    id, version, user_id, placed_at, cancelled = lines[0][:5]
    if any(line[1:5] != lines[0][1:5] for line in lines[1:]):
        return Record(hex_of(id), max(line[1] for line in lines), ())
    quantities = sorted((hex_of(line[5]), line[6]) for line in lines)
    return Record(hex_of(id), version, (hex_of(user_id), time_of(placed_at), cancelled, quantities))


def remove_products(ids: Collection[UUID]) -> None:
    HistoryProduct.objects.filter(product_id__in=ids).delete()


def remove_users(ids: Collection[UUID]) -> None:
    """Their order lines are rows of another topic."""
    HistoryUser.objects.filter(user_id__in=ids).delete()


def remove_orders(ids: Collection[UUID]) -> None:
    lines = HistoryOrderLine.objects.filter(order_id__in=ids)
    pairs = set(lines.values_list("user_id", "product_id"))
    lines.delete()
    summarise(pairs)
