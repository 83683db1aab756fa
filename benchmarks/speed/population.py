"""A shop and its history of any size, by statements straight into the tables.

Orders stand in the order of their time, as they do in life: what one user ordered lies all over the tables.
Nobody orders a product twice, which is the least that a join of orders has to read.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from uuid import UUID

import psycopg

PRODUCTS = 10_000
LINES_OF_AN_ORDER = 3

_LINE = """
SELECT u, j, md5('{kind} ' || u)::uuid AS user_id,
    md5('{kind} ' || u || ' order ' || j / {of_order})::uuid AS order_id,
    md5('product ' || (u::bigint * 7919 + j * 13) % {products})::uuid AS product_id,
    timestamptz '2026-01-01 00:00Z' + ordered * interval '0.912345 s' AS placed_at,
    1 + j % 3 AS quantity
FROM (
    SELECT i / {of_order} AS ordered, (i / {of_order}) % {users} AS u,
        i / {of_order} / {users} * {of_order} + i % {of_order} AS j
    FROM generate_series(0, {users} * {orders} * {of_order} - 1) AS i
) AS numbered
WHERE j < {of_user}
"""

_PRODUCT = f"""
SELECT md5('product ' || n)::uuid AS product_id, 'Stoneware Teapot “Rowan” no. ' || n AS title,
    'stoneware teapot “rowan” no. ' || n AS folded_title, 'products/' || md5('picture ' || n) || '.webp' AS image
FROM generate_series(0, {PRODUCTS} - 1) AS n
"""

_HISTORY_PRODUCTS = f"""
INSERT INTO order_history_historyproduct (product_id, title, folded_title, image, withdrawn, version)
SELECT product_id, title, folded_title, image, false, 1 FROM ({_PRODUCT}) AS product
"""
_HISTORY_USERS = """
INSERT INTO order_history_historyuser (user_id, version)
SELECT md5('{kind} ' || u)::uuid, 1 FROM generate_series(0, {users} - 1) AS u
"""
_HISTORY_LINES = f"""
INSERT INTO order_history_historyorderline
    (order_id, product_id, user_id, quantity, placed_at, cancelled, version)
SELECT order_id, product_id, user_id, quantity, placed_at, false, 1 FROM ({_LINE}) AS line
"""
# As `order_history.summaries` would derive them, in the order in which it would have: one line, one row.
_ORDERED_PRODUCTS = """
INSERT INTO order_history_orderedproduct
    (user_id, product_id, first_ordered_at, last_ordered_at, times_ordered, quantity)
SELECT user_id, product_id, placed_at, placed_at, 1, quantity FROM order_history_historyorderline
WHERE NOT cancelled
"""
_CHECKPOINTS = """
INSERT INTO inbox_checkpoint
    (subscription, topic, partition, applied, head, head_as_of, complete_as_of, heard_at, gap_asks)
SELECT 'order_history', topic, partition, '[[1, 1000000]]', 1000000, now(), now(), now(), 0
FROM unnest(ARRAY['products', 'users', 'orders']) AS topic, generate_series(0, 7) AS partition
"""

_PRODUCTS = f"""
INSERT INTO products_product
    (id, title, folded_title, image, price, currency, version, created_at)
SELECT product_id, title, folded_title, image, 9.99, 'USD', 1, now() FROM ({_PRODUCT}) AS product
"""
_USERS = """
INSERT INTO users_user (id, password, is_superuser, is_staff, is_active, email, joined_at, version)
SELECT md5('{kind} ' || u)::uuid, '!', false, false, true, '{kind}-' || u || '@example.com', now(), 1
FROM generate_series(0, {users} - 1) AS u
"""
_ORDERS = f"""
INSERT INTO orders_order (id, user_id, currency, placed_at, version)
SELECT order_id, user_id, 'USD', placed_at, 1 FROM ({_LINE}) AS line WHERE j % {{of_order}} = 0
"""
_ORDER_LINES = f"""
INSERT INTO orders_orderline (order_id, number, product_id, quantity, unit_price)
SELECT order_id, j % {{of_order}} + 1, product_id, quantity, 9.99 FROM ({_LINE}) AS line
"""


@dataclass(frozen=True)
class Population:
    """Users who have ordered equally many products. `kind` tells them from those of another population."""

    users: int
    products: int = 60
    kind: str = "user"

    @property
    def lines(self) -> int:
        return self.users * self.products

    @property
    def orders(self) -> int:
        """Of each user."""
        return -(-self.products // LINES_OF_AN_ORDER)

    def user_id(self, number: int) -> UUID:
        return UUID(md5(f"{self.kind} {number}".encode()).hexdigest())

    def applied_to(self, statement: str) -> bytes:
        return statement.format(
            kind=self.kind,
            users=self.users,
            of_user=self.products,
            orders=self.orders,
            of_order=LINES_OF_AN_ORDER,
            products=PRODUCTS,
        ).encode()


def fill_history(url: str, *populations: Population) -> None:
    tables = [f"order_history_{name}" for name in ("historyuser", "historyorderline", "orderedproduct")]
    with _filling(url, tables) as connection:
        connection.execute(_HISTORY_PRODUCTS.encode())
        connection.execute(_CHECKPOINTS.encode())
        for population in populations:
            connection.execute(population.applied_to(_HISTORY_USERS))
            connection.execute(population.applied_to(_HISTORY_LINES))
        connection.execute(_ORDERED_PRODUCTS.encode())


def fill_shop(url: str, *populations: Population) -> None:
    with _filling(url, ["users_user", "orders_order", "orders_orderline"]) as connection:
        connection.execute(_PRODUCTS.encode())
        for population in populations:
            for statement in (_USERS, _ORDERS, _ORDER_LINES):
                connection.execute(population.applied_to(statement))


@contextmanager
def _filling(url: str, tables: Sequence[str]) -> Iterator[psycopg.Connection]:
    """Indexes and keys of these tables are made after the rows, in a quarter of the time.

    In the end nothing is left for the server to tidy up while somebody measures.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        constraints, indexes = _constraints(connection, tables), _indexes(connection, tables)
        for table, name, _ in constraints:
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
        for name, _ in indexes:
            connection.execute(f"DROP INDEX {name}".encode())
        yield connection
        for table, name, definition in reversed(constraints):
            connection.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}".encode())
        for _, definition in indexes:
            connection.execute(definition.encode())
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def _constraints(connection: psycopg.Connection, tables: Sequence[str]) -> list[tuple[str, str, str]]:
    """Keys of the tables with their definitions, foreign ones first, also those that point to the tables."""
    return connection.execute(
        """
        SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
        FROM pg_constraint
        WHERE contype IN ('f', 'u', 'p') AND ARRAY[conrelid, confrelid]::regclass[] && %s::regclass[]
        ORDER BY contype
        """,
        [list(tables)],
    ).fetchall()


def _indexes(connection: psycopg.Connection, tables: Sequence[str]) -> list[tuple[str, str]]:
    """Those that belong to no constraint."""
    return connection.execute(
        """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
        FROM pg_index
        WHERE indrelid = ANY(%s::regclass[]) AND NOT EXISTS (
            SELECT 1 FROM pg_constraint WHERE conindid = indexrelid
        )
        """,
        [list(tables)],
    ).fetchall()
