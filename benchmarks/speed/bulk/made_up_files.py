"""A folder as `import_shop` reads it, of any size."""

import csv
import gzip
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

LINES_AN_ORDER = 2
ORDERS_A_USER = 5


def write_shop(folder: Path, *, rows: int) -> int:
    """About so many; returns how many rows the files have together."""
    orders = rows // (1 + LINES_AN_ORDER)
    products = max(1, rows // 50)
    folder.mkdir(parents=True, exist_ok=True)
    _write(
        folder / "products.csv",
        ["product_id", "title", "image", "list_price"],
        ([f"P-{n}", f"Product number {n}", "", f"{n % 500}.90"] for n in range(products)),
    )
    _write(
        folder / "orders.csv.gz",
        ["order_id", "user_id", "placed_at"],
        ([f"O-{n}", f"U-{n // ORDERS_A_USER}", _placed_at(n)] for n in range(orders)),
    )
    _write(
        folder / "lines.csv.gz",
        ["order_id", "line_no", "product_id", "quantity", "unit_price"],
        (
            [f"O-{n}", line, f"P-{(n * 31 + line * 7907) % products}", 1 + n % 3, f"{n % 500}.90"]
            for n in range(orders)
            for line in range(1, LINES_AN_ORDER + 1)
        ),
    )
    return products + orders * (1 + LINES_AN_ORDER)


def _placed_at(number: int) -> str:
    return (datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=17 * number)).isoformat()


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with gzip.open(path, "wt", newline="") if path.suffix == ".gz" else path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows(rows)
