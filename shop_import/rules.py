"""What only the whole set can tell: SQL over the staged rows. Rows that break a rule move to `rejected`."""

from shop_import.staging import Staging
from shop_import.validating import QUANTITY_LIMIT

RULES = {
    "products": [
        """SELECT 'products', line, 'product_id stands twice', id, row, NULL FROM products
           WHERE EXISTS (SELECT 1 FROM products first
                         WHERE first.id = products.id AND first.line < products.line)""",
        """SELECT 'products', line, fault, image, row, NULL FROM products JOIN pictures USING (image)""",
    ],
    "orders": [
        """SELECT 'orders', line, 'order_id stands twice', id, row, id FROM orders
           WHERE EXISTS (SELECT 1 FROM orders first
                         WHERE first.id = orders.id AND first.line < orders.line)""",
        """SELECT 'orders', line, 'order has no lines', id, row, id FROM orders
           WHERE NOT EXISTS (SELECT 1 FROM lines WHERE order_id = orders.id)
             AND NOT EXISTS (SELECT 1 FROM rejected WHERE kind = 'lines' AND order_id = orders.id)""",
    ],
    "lines": [
        """SELECT 'lines', line, 'line_no stands twice in its order',
                  order_id || ' line ' || line_no, row, order_id
           FROM lines
           WHERE EXISTS (SELECT 1 FROM lines first WHERE first.order_id = lines.order_id
                         AND first.line_no = lines.line_no AND first.line < lines.line)""",
        """SELECT 'lines', line, 'order_id is not in the orders file', order_id, row, order_id FROM lines
           WHERE NOT EXISTS (SELECT 1 FROM orders WHERE orders.id = lines.order_id)
             AND NOT EXISTS (SELECT 1 FROM rejected
                             WHERE kind = 'orders' AND rejected.order_id = lines.order_id)""",
        f"""SELECT 'lines', line, 'quantities of one product in one order exceed {QUANTITY_LIMIT:,}',
                   order_id || ' ' || product_id, row, order_id
            FROM (SELECT *, sum(quantity) OVER (PARTITION BY order_id, product_id ORDER BY line) AS so_far
                  FROM lines
                  WHERE order_id IN (SELECT order_id FROM lines GROUP BY order_id
                                     HAVING sum(quantity) > {QUANTITY_LIMIT}))
            WHERE so_far > {QUANTITY_LIMIT}""",  # noqa: S608
    ],
}
# Applied in this order, only when faulty rows are left out: what follows from the rows left out already.
CONSEQUENCES = [
    (
        "lines",
        """SELECT 'lines', line, 'its order was left out', order_id, row, order_id FROM lines
           WHERE NOT EXISTS (SELECT 1 FROM orders WHERE orders.id = lines.order_id)""",
    ),
    (
        "orders",
        """SELECT 'orders', line, 'all of its lines were left out', id, row, id FROM orders
           WHERE NOT EXISTS (SELECT 1 FROM lines WHERE order_id = orders.id)""",
    ),
]
REMOVALS = {
    "products": "DELETE FROM products WHERE line IN (SELECT line FROM rejected WHERE kind = 'products')",
    "orders": "DELETE FROM orders WHERE line IN (SELECT line FROM rejected WHERE kind = 'orders')",
    "lines": "DELETE FROM lines WHERE line IN (SELECT line FROM rejected WHERE kind = 'lines')",
}


def apply_rules(staging: Staging) -> None:
    for kind, rules in RULES.items():
        for rule in rules:
            _move(staging, kind, rule)


def apply_consequences(staging: Staging) -> None:
    for kind, rule in CONSEQUENCES:
        _move(staging, kind, rule)


def _move(staging: Staging, kind: str, rule: str) -> None:
    moved = staging.database.execute(f"INSERT INTO rejected {rule}").rowcount
    if moved:
        staging.database.execute(REMOVALS[kind])
