"""Row by row: what the clients were told, what the owning apps have, what the history has."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from uuid import UUID

from benchmarks.chaos.ledger import Ledger
from benchmarks.chaos.state import HistoryRows, Letter, Line, Ordered, ShopRows

MARK = "chaos-garbage"
"""Stands in every piece of garbage, so that its dead letters are known."""

Kind = Literal["lost", "doubled", "wrong", "dead-lettered"]


@dataclass(frozen=True)
class Difference:
    kind: Kind
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


def compare(
    ledger: Ledger, shop: ShopRows, history: HistoryRows, letters: Iterable[Letter]
) -> list[Difference]:
    return [
        *(Difference("wrong", surprise) for surprise in ledger.surprises),
        *told_against_shop(ledger, shop),
        *shop_against_history(ledger, shop, history),
        *dead_letters(letters),
    ]


def told_against_shop(ledger: Ledger, shop: ShopRows) -> Iterator[Difference]:
    for id, product in ledger.products.items():
        row = shop.products.get(id)
        if row is None:
            yield Difference("lost", f"product {id}, acknowledged at {product.at}, is not in products")
        elif id not in ledger.uncertain:
            told = (product.title, product.version, product.withdrawn)
            now = (row.title, row.version, row.withdrawn)
            if told != now:
                yield Difference("wrong", f"product {id}: the client was told {told}, products has {now}")
    for id, user in ledger.users.items():
        if id not in shop.users:
            yield Difference("lost", f"user {id}, acknowledged at {user.at}, is not in users")
        elif id not in ledger.uncertain and user.erased != (shop.users[id].erased_at is not None):
            yield Difference("wrong", f"user {id}: the client was told {user}, users has {shop.users[id]}")
    for id, order in ledger.orders.items():
        found = shop.orders.get(id)
        if found is None:
            yield Difference("lost", f"order {id}, acknowledged at {order.at}, is not in orders")
            continue
        told_order = (order.user_id, order.placed_at, order.quantities)
        if told_order != (found.user_id, found.placed_at, found.quantities) or (
            id not in ledger.uncertain and order.cancelled != found.cancelled
        ):
            yield Difference("wrong", f"order {id}: the client was told {order}, orders has {found}")
    yield from _from_nowhere(ledger, shop)


def _from_nowhere(ledger: Ledger, shop: ShopRows) -> Iterator[Difference]:
    """Rows that no client was told of, beyond those that may come from unanswered requests."""
    for id in shop.products.keys() - ledger.products.keys():
        if shop.products[id].title not in ledger.perhaps_titles:
            yield Difference("doubled", f"product {id} was created, but no client knows of it")
    for what, known, found, perhaps in [
        ("users", ledger.users, shop.users, ledger.perhaps_users + 1),  # and the member of staff
        ("orders", ledger.orders, shop.orders, ledger.perhaps_orders),
    ]:
        unheard = found.keys() - known.keys()  # type: ignore[attr-defined]
        if len(unheard) > perhaps:
            some = ", ".join(sorted(map(str, unheard))[:3])
            yield Difference(
                "doubled", f"{len(unheard)} {what} that no client knows of ({perhaps} may be): {some}"
            )


class Expected(NamedTuple):
    lines: dict[tuple[UUID, UUID], Line]
    ordered: dict[tuple[UUID, UUID], Ordered]


def expected_from(shop: ShopRows) -> Expected:
    """What the history has to hold, worked out from the owners' rows in the plainest way."""
    lines: dict[tuple[UUID, UUID], Line] = {}
    of_pair: dict[tuple[UUID, UUID], list[Line]] = {}
    for order_id, order in shop.orders.items():
        if order.user_id in shop.users and shop.users[order.user_id].erased_at is not None:
            continue
        for product_id, quantity in order.quantities.items():
            line = Line(order.user_id, quantity, order.placed_at, order.cancelled, order.version)
            lines[order_id, product_id] = line
            if not order.cancelled:
                of_pair.setdefault((order.user_id, product_id), []).append(line)
    ordered = {
        pair: Ordered(
            first_ordered_at=min(line.placed_at for line in its),
            last_ordered_at=max(line.placed_at for line in its),
            times_ordered=len(its),
            quantity=sum(line.quantity for line in its),
        )
        for pair, its in of_pair.items()
    }
    return Expected(lines, ordered)


def shop_against_history(ledger: Ledger, shop: ShopRows, history: HistoryRows) -> Iterator[Difference]:
    expected = expected_from(shop)
    yield from _rows("product {}", shop.products, history.products)
    yield from _rows("user {}", shop.users, history.users)
    missing: Counter[UUID] = Counter(order_id for order_id, _ in expected.lines.keys() - history.lines.keys())
    for order_id, count in missing.items():
        told = ledger.orders.get(order_id)
        said = f", acknowledged at {told.at}," if told else ""
        yield Difference("lost", f"order {order_id}{said} is not in the history ({count} lines)")
    present = {key: line for key, line in expected.lines.items() if key in history.lines}
    yield from _rows("order line {}", present, history.lines)
    yield from _ordered(expected.ordered, history.ordered)


def _rows(name: str, expected: Mapping[Any, Any], found: Mapping[Any, Any]) -> Iterator[Difference]:
    for key, row in expected.items():
        label = name.format(_named(key))
        if key not in found:
            yield Difference("lost", f"{label} is not in the history")
        elif found[key] != row:
            yield Difference("wrong", f"{label}: {_differing(row, found[key])}")
    for key in found.keys() - expected.keys():
        yield Difference("doubled", f"{name.format(_named(key))} is in the history and nowhere else")


def _ordered(expected: Mapping[Any, Ordered], found: Mapping[Any, Ordered]) -> Iterator[Difference]:
    for key, row in expected.items():
        if key in found and found[key].times_ordered > row.times_ordered:
            yield Difference("doubled", f"ordered product {_named(key)}: {_differing(row, found[key])}")
    alike = {
        key for key in expected if key in found and found[key].times_ordered > expected[key].times_ordered
    }
    yield from _rows(
        "ordered product {}",
        {key: row for key, row in expected.items() if key not in alike},
        {key: row for key, row in found.items() if key not in alike},
    )


def dead_letters(letters: Iterable[Letter]) -> Iterator[Difference]:
    for letter in letters:
        if MARK not in letter.content:
            yield Difference("dead-lettered", letter.error)


def _differing(expected: Any, found: Any) -> str:
    """Of two named tuples."""
    return ", ".join(
        f"{name} is {has} in the history instead of {should}"
        for name, should, has in zip(expected._fields, expected, found, strict=True)
        if should != has
    )


def _named(key: Any) -> str:
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)
