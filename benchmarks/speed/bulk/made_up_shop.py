"""A shop of any size in the tables of the owning apps, made by the database itself: rows without events."""

from dataclasses import dataclass
from hashlib import md5
from uuid import UUID

import psycopg

_PRODUCTS = """
INSERT INTO products_product (id, title, folded_title, image, price, currency, version, created_at)
SELECT md5('product ' || n)::uuid, 'Product number ' || n, 'product number ' || n,
       'products/' || md5(n::text) || '.webp', 1 + n %% 500, 'EUR', 1, timestamptz '2024-01-01Z'
FROM generate_series(1, %(products)s) AS n
"""

_USERS = """
INSERT INTO users_user (id, password, is_superuser, email, is_staff, is_active, joined_at, version)
SELECT md5('user ' || n)::uuid, '!', false, NULL, false, true, timestamptz '2024-01-01Z', 1
FROM generate_series(1, %(users)s) AS n
"""

_ORDERS = """
INSERT INTO orders_order (id, user_id, currency, placed_at, version)
SELECT md5('order ' || n)::uuid, md5('user ' || 1 + (n * 7919) %% %(users)s)::uuid, 'EUR',
       timestamptz '2025-01-01Z' + n * interval '17 seconds', 1
FROM generate_series(1::bigint, %(orders)s) AS n
"""

# Products are as popular as they are in shops: a few of them sell most.
_LINES = """
INSERT INTO orders_orderline (order_id, number, product_id, quantity, unit_price)
SELECT md5('order ' || n)::uuid, line,
       md5('product ' || 1 + floor(%(products)s * power(((n * 31 + line * 7907) %% 10007) / 10007.0, 2))::int)::uuid,
       1 + n %% 3, 1 + n %% 500
FROM generate_series(1::bigint, %(orders)s) AS n, generate_series(1, 1 + n %% 3) AS line
"""


@dataclass(frozen=True)
class MadeUpShop:
    """Of ten rows one is a product, two are users, seven are orders, of one to three lines."""

    rows: int

    @property
    def counts(self) -> dict[str, int]:
        return {
            "products": self.rows // 10,
            "users": self.rows // 5,
            "orders": self.rows - 3 * (self.rows // 10),
        }

    @property
    def a_product(self) -> UUID:
        return UUID(md5(b"product 1", usedforsecurity=False).hexdigest())

    def fill(self, url: str) -> None:
        """Into a migrated, empty database."""
        with psycopg.connect(url) as connection:
            for statement in (_PRODUCTS, _USERS, _ORDERS, _LINES):
                connection.execute(statement, self.counts)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ANALYZE")
