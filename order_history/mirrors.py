"""What the history holds, digested as its sources digest it; and what may be taken out when they have no such row."""

from collections import Counter
from collections.abc import Collection
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from event_bus.digests import State, Which, as_text, digest_of, select, time_of
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser
from order_history.summaries import summarise
from storefront.folding import folded


def states_of_products(which: Which) -> list[State]:
    rows = select(HistoryProduct.objects.order_by("product_id"), which).values_list(
        "product_id", "version", "title", "image", "withdrawn", "folded_title"
    )
    return [
        State(id, version, _unless(folded(title) != searched, digest_of(title, image, withdrawn)))
        for id, version, title, image, withdrawn, searched in rows
    ]


def states_of_users(which: Which) -> list[State]:
    """Version 0 is nobody's: that user is only named by an order so far."""
    rows = select(HistoryUser.objects.filter(version__gt=0).order_by("user_id"), which)
    return [
        State(id, version, digest_of(erased_at))
        for id, version, erased_at in rows.values_list("user_id", "version", "erased_at")
    ]


def states_of_orders(which: Which) -> list[State]:
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
    return [_state_of(list(lines)) for _, lines in groupby(rows.iterator(), key=itemgetter(0))]


def _state_of(lines: list[tuple[Any, ...]]) -> State:
    id, _, user_id, placed_at, cancelled = lines[0][:5]
    quantities: Counter[str] = Counter()
    for line in lines:
        quantities[line[5].replace("-", "")] += line[6]
    disagree = any(line[1:5] != lines[0][1:5] for line in lines)
    digest = digest_of(UUID(user_id), time_of(placed_at), cancelled, sorted(quantities.items()))
    return State(UUID(id), max(line[1] for line in lines), _unless(disagree, digest))


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


def _unless(wrong: bool, digest: str) -> str:
    return "" if wrong else digest
