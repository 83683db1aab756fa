"""Rewrites demo/shop, the built-in catalogue, the same byte for byte: `python -m demo.make_catalogue`."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import NamedTuple

from demo.shelf import SHELF, Ware

FOLDER = Path(__file__).parent / "shop"
SEED = 2026
USERS = 50
ORDERS = 300
OPENED_AT = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 296  # of business, up to 27 October
SALE_MONTH, SALE_FACTOR = 7, Decimal("0.85")


class Order(NamedTuple):
    order_id: str
    user_id: str
    placed_at: datetime


class Line(NamedTuple):
    order_id: str
    line_no: int
    ware: Ware
    quantity: int
    unit_price: Decimal


def make_catalogue(folder: Path = FOLDER, *, pictures: bool = True) -> None:
    """Write products.csv, orders.csv, lines.csv and, unless `pictures` is false, images/ into the folder."""
    random = Random(SEED)  # noqa: S311
    orders = list(_orders(random))
    lines = [line for order in orders for line in _lines(order, random)]
    folder.mkdir(parents=True, exist_ok=True)
    _write(
        folder / "products.csv",
        ("product_id", "title", "image", "list_price"),
        ((ware.product_id, ware.title, ware.image, ware.price) for ware in SHELF),
    )
    _write(
        folder / "orders.csv",
        ("order_id", "user_id", "placed_at"),
        ((order.order_id, order.user_id, f"{order.placed_at:%Y-%m-%dT%H:%M:%SZ}") for order in orders),
    )
    _write(
        folder / "lines.csv",
        ("order_id", "line_no", "product_id", "quantity", "unit_price"),
        (
            (line.order_id, line.line_no, line.ware.product_id, line.quantity, line.unit_price)
            for line in lines
        ),
    )
    if pictures:
        _draw_pictures(folder)


def _orders(random: Random) -> Iterator[Order]:
    """A few users order often, most of them now and then, everybody once."""
    users = [f"U-{number:03}" for number in range(1, USERS + 1)]
    random.shuffle(users)
    habits = [1 / (rank + 1.5) for rank in range(USERS)]
    buyers = users + random.choices(users, habits, k=ORDERS - USERS)
    random.shuffle(buyers)
    moments = sorted(_moment(random) for _ in buyers)
    for number, (user_id, placed_at) in enumerate(zip(buyers, moments, strict=True), start=1):
        yield Order(f"26-{number:04}", user_id, placed_at)


def _moment(random: Random) -> datetime:
    """Business grows over the year, and people order by day rather than at night."""
    day = int(DAYS * random.random() ** 0.75)
    second = int(random.triangular(6 * 3600, 24 * 3600, 19 * 3600))
    return OPENED_AT + timedelta(days=day, seconds=second)


def _lines(order: Order, random: Random) -> Iterator[Line]:
    count = random.choices((1, 2, 3, 4, 5, 6), (34, 28, 18, 11, 6, 3))[0]
    wares = random.choices(SHELF, [_appeal(ware, order) for ware in SHELF], k=count)
    for line_no, ware in enumerate(wares, start=1):
        quantity = random.choices((1, 2, 3, 6), (76, 16, 5, 3))[0]
        yield Line(order.order_id, line_no, ware, quantity, _price(ware, order))


def _appeal(ware: Ware, order: Order) -> float:
    """Each user prefers one of the shelves."""
    favourite = "DKO"[int(order.user_id[2:]) % 3]
    return ware.appeal * (3.0 if ware.product_id.startswith(favourite) else 1.0)


def _price(ware: Ware, order: Order) -> Decimal:
    factor = SALE_FACTOR if order.placed_at.month == SALE_MONTH else Decimal(1)
    return (Decimal(ware.price) * factor).quantize(Decimal("0.01"), ROUND_HALF_UP)


def _write(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _draw_pictures(folder: Path) -> None:
    for ware in SHELF:
        if ware.drawing:
            (folder / ware.image).parent.mkdir(exist_ok=True)
            ware.drawing().save(folder / ware.image)


if __name__ == "__main__":
    make_catalogue()
