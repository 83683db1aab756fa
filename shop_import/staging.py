"""The set between reading and importing: a SQLite file, so that memory stays small whatever its size."""

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -16000;
    CREATE TABLE products (line INTEGER PRIMARY KEY, row TEXT, id TEXT, title TEXT, image TEXT, price TEXT);
    CREATE TABLE orders (line INTEGER PRIMARY KEY, row TEXT, id TEXT, user_id TEXT, placed_at TEXT);
    CREATE TABLE lines (line INTEGER PRIMARY KEY, row TEXT, order_id TEXT, line_no TEXT, product_id TEXT,
                        quantity INTEGER, unit_price TEXT);
    CREATE TABLE pictures (image TEXT PRIMARY KEY, fault TEXT);
    CREATE TABLE rejected (kind TEXT, line INTEGER, reason TEXT, value TEXT, row TEXT, order_id TEXT);
"""
INDEXES = """
    CREATE INDEX products_by_id ON products (id);
    CREATE INDEX orders_by_id ON orders (id);
    CREATE INDEX lines_by_order ON lines (order_id, line_no);
    CREATE INDEX rejected_by_order ON rejected (kind, order_id);
"""
INSERTS = {
    "products": "INSERT INTO products VALUES (?, ?, ?, ?, ?, ?)",
    "orders": "INSERT INTO orders VALUES (?, ?, ?, ?, ?)",
    "lines": "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?)",
    "rejected": "INSERT INTO rejected VALUES (?, ?, ?, ?, ?, ?)",
}
KINDS = ("products", "orders", "lines")


class Rejected(NamedTuple):
    kind: str
    line: int
    reason: str
    row: str


class Staging:
    """The rows that can be imported, and those that cannot with their reasons."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="import-", suffix=".sqlite3", dir=folder)
        os.close(handle)
        self.database = sqlite3.connect(name, isolation_level=None)
        self.database.execute("PRAGMA locking_mode = EXCLUSIVE")
        self.database.executescript(SCHEMA)
        # Unlinked while open: nothing is left behind, not even by SIGKILL.
        os.unlink(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.database.close()

    def add(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self.database.execute("BEGIN")
        self.database.executemany(INSERTS[table], rows)
        self.database.execute("COMMIT")

    def add_indexes(self) -> None:
        self.database.executescript(INDEXES)

    def images(self) -> Iterator[str]:
        query = "SELECT DISTINCT image FROM products WHERE image > ''"
        yield from (image for (image,) in self.database.execute(query))

    def add_picture_fault(self, image: str, fault: str) -> None:
        self.database.execute("INSERT INTO pictures VALUES (?, ?)", (image, fault))

    def rejected_count(self) -> int:
        return self._count("SELECT count(*) FROM rejected")

    def rejected(self) -> Iterator[Rejected]:
        """In the order of the files."""
        for kind, line, reason, value, row in self.database.execute(
            """SELECT kind, line, reason, value, row FROM rejected
               ORDER BY kind = 'lines', kind = 'orders', line"""
        ):
            yield Rejected(kind, line, f"{reason}: {value}" if value else reason, row)

    def rejected_by_reason(self) -> list[tuple[str, str, int]]:
        """Kind, reason, how many; the most frequent first."""
        return self.database.execute(
            """SELECT kind, reason, count(*) FROM rejected
               GROUP BY kind, reason ORDER BY count(*) DESC, kind, reason"""
        ).fetchall()

    def product_count(self) -> int:
        return self._count("SELECT count(*) FROM products")

    def user_count(self) -> int:
        return self._count("SELECT count(DISTINCT user_id) FROM orders")

    def order_count(self) -> int:
        return self._count("SELECT count(*) FROM orders")

    def _count(self, query: str) -> int:
        (count,) = self.database.execute(query).fetchone()
        return int(count)

    def products(self) -> Iterator[tuple[str, str, str, str]]:
        """Id, title, image, price."""
        yield from self.database.execute("SELECT id, title, image, price FROM products ORDER BY line")

    def users(self) -> Iterator[str]:
        query = "SELECT user_id FROM orders GROUP BY user_id ORDER BY min(line)"
        yield from (user_id for (user_id,) in self.database.execute(query))

    def ordered_lines(self) -> Iterator[tuple[str, str, str, str, int, str]]:
        """Order id, user id, placed at, product id, quantity, unit price; the lines of an order together."""
        yield from self.database.execute(
            """SELECT orders.id, user_id, placed_at, product_id, quantity, unit_price
               FROM orders CROSS JOIN lines ON order_id = orders.id ORDER BY orders.line, lines.line"""
        )
