"""Ordered products are recomputed from the order lines that they summarise, never counted up and down."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connections, router, transaction
from django.db.models import Count, Max, Min, Sum

from event_bus.digests import Span, select
from event_bus.inbox.projections import Checked
from event_bus.inbox.upserting import in_order_of_locks
from event_bus.relations import as_relations
from order_history.models import HistoryOrderLine, HistoryUser, OrderedProduct

USERS_AT_ONCE = 2_000
"""Users whose rows are checked together."""

# Sorted, and then grouped as they come: half the price of grouping in a hash table and sorting that.
_SUMMARISE = """
INSERT INTO order_history_orderedproduct
    (user_id, product_id, first_ordered_at, last_ordered_at, times_ordered, quantity)
SELECT user_id, product_id, min(placed_at), max(placed_at), count(*), sum(quantity)
FROM (
    SELECT user_id, product_id, placed_at, quantity
    FROM order_history_historyorderline
    WHERE NOT cancelled{only_pairs}
    ORDER BY user_id, product_id
) AS line
GROUP BY user_id, product_id
ORDER BY user_id, product_id
"""

_IN_PLACE = """
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


# What only one side has, or each in its own way: from one snapshot, reading each side once.
_DIFFERING = """
WITH row (user_id, product_id, first_ordered_at, last_ordered_at, times_ordered, quantity) AS ({derived_and_held})
SELECT user_id, product_id
FROM row
GROUP BY user_id, product_id, first_ordered_at, last_ordered_at, times_ordered, quantity
HAVING count(*) = 1
"""


def summarise(pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Bring the ordered products of these (user, product) in line with the order lines, in two statements."""
    distinct = in_order_of_locks(set(pairs))
    connection = connections[router.db_for_write(OrderedProduct)]
    fields = [OrderedProduct._meta.get_field(name) for name in ("user_id", "product")]
    columns = [[pair[0] for pair in distinct], [pair[1] for pair in distinct]]
    with connection.cursor() as cursor:
        for relation, parameters in as_relations(connection, fields, columns):
            for statement in (_SUMMARISE + _IN_PLACE, _REMOVE_UNORDERED):
                of_pairs = statement.format(
                    only_pairs=f" AND (user_id, product_id) IN ({relation})", pairs=relation
                )
                cursor.execute(of_pairs, parameters)


def summarise_everything() -> None:
    """Every ordered product anew, in one transaction, which nothing else writes beside."""
    alias = router.db_for_write(OrderedProduct)
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        OrderedProduct.objects.all().delete()
        cursor.execute(_SUMMARISE.format(only_pairs=""))


def check_ordered_products(after: UUID | None, *, repair: bool) -> Checked:
    """Compare the ordered products of the next users with the order lines that they are derived from."""
    users = select(HistoryUser.objects.order_by("user_id"), Span(after, None))
    ids = list(users.values_list("user_id", flat=True)[:USERS_AT_ONCE])
    last = ids[-1] if len(ids) == USERS_AT_ONCE else None
    span = Span(after, last)
    rows, differing = _compare(span)
    if not (differing and repair):
        return Checked(rows, len(differing), len(differing), last)
    with transaction.atomic(using=router.db_for_write(OrderedProduct)):
        named = HistoryUser.objects.filter(user_id__in={user_id for user_id, _ in differing})
        list(named.order_by("user_id").select_for_update())
        wrong = differing & _compare(span)[1]  # a second look, during which nobody writes
        summarise(wrong)
        left = wrong & _compare(span)[1]
    return Checked(rows, len(wrong), len(left), last)


def _compare(span: Span) -> tuple[int, set[tuple[UUID, UUID]]]:
    """How many rows stand there, and the (user, product) of those that are wrong or missing."""
    lines = select(HistoryOrderLine.objects.filter(cancelled=False).order_by(), span, by="user_id")
    derived = lines.values_list("user_id", "product_id").annotate(
        Min("placed_at"), Max("placed_at"), Count("id"), Sum("quantity")
    )
    held = select(OrderedProduct.objects.order_by(), span, by="user_id").values_list(
        "user_id", "product_id", "first_ordered_at", "last_ordered_at", "times_ordered", "quantity"
    )
    connection = connections[held.db]
    sql, parameters = derived.union(held, all=True).query.get_compiler(connection=connection).as_sql()
    to_id = HistoryUser._meta.pk.to_python
    with connection.cursor() as cursor:
        cursor.execute(_DIFFERING.format(derived_and_held=sql), parameters)
        return held.count(), {
            (to_id(user_id), to_id(product_id)) for user_id, product_id in cursor.fetchall()
        }
