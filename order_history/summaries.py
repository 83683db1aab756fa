"""Ordered products are recomputed from the order lines that they summarise, never counted up and down."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connections, router, transaction

from event_bus.inbox.upserting import as_relations, in_order_of_locks
from order_history.models import OrderedProduct

_SUMMARISE = """
INSERT INTO order_history_orderedproduct
    (user_id, product_id, first_ordered_at, last_ordered_at, times_ordered, quantity)
SELECT user_id, product_id, min(placed_at), max(placed_at), count(*), sum(quantity)
FROM order_history_historyorderline
WHERE NOT cancelled{only_pairs}
GROUP BY user_id, product_id
ORDER BY user_id, product_id
ON CONFLICT (user_id, product_id) DO UPDATE SET
    first_ordered_at = excluded.first_ordered_at,
    last_ordered_at = excluded.last_ordered_at,
    times_ordered = excluded.times_ordered,
    quantity = excluded.quantity
"""

_REMOVE_UNORDERED = """
DELETE FROM order_history_orderedproduct
WHERE (user_id, product_id) IN ({pairs}) AND NOT EXISTS (
    SELECT 1 FROM order_history_historyorderline AS line
    WHERE line.user_id = order_history_orderedproduct.user_id
    AND line.product_id = order_history_orderedproduct.product_id
    AND NOT line.cancelled
)
"""


def summarise(pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Bring the ordered products of these (user, product) in line with the order lines, in two statements."""
    distinct = in_order_of_locks(set(pairs))
    connection = connections[router.db_for_write(OrderedProduct)]
    fields = [OrderedProduct._meta.get_field(name) for name in ("user_id", "product")]
    columns = [[pair[0] for pair in distinct], [pair[1] for pair in distinct]]
    with connection.cursor() as cursor:
        for relation, parameters in as_relations(connection, fields, columns):
            for statement in (_SUMMARISE, _REMOVE_UNORDERED):
                of_pairs = statement.format(
                    only_pairs=f" AND (user_id, product_id) IN ({relation})", pairs=relation
                )
                cursor.execute(of_pairs, parameters)


def summarise_everything() -> None:
    """Every ordered product anew, in one transaction."""
    alias = router.db_for_write(OrderedProduct)
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        OrderedProduct.objects.all().delete()
        cursor.execute(_SUMMARISE.format(only_pairs=""))
