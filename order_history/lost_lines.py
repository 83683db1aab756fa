"""An order has the lines of its newest state, and no others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connections, router
from django.db.models import Count, Max, Min

from event_bus.relations import as_relations
from order_history.models import HistoryOrderLine


def remove_lost_lines(announced: Sequence[Mapping[str, Any]]) -> set[tuple[UUID, UUID]]:
    """Remove what the orders of these announced lines, stored by now, held before. Returns (user, product) of each.

    Nearly always there is nothing to remove, and one statement says so.
    """
    if not announced or not _any_is_lost(Counter((line["order_id"], line["version"]) for line in announced)):
        return set()
    told = {(line["order_id"], line["version"], line["product_id"]) for line in announced}
    lines_of = Counter((order_id, version) for order_id, version, _ in told)
    held = HistoryOrderLine.objects.filter(order_id__in={order_id for order_id, _, _ in told})
    summary = held.values_list("order_id").annotate(Min("version"), Max("version"), Count("id")).order_by()
    newest = {
        order_id: last
        for order_id, first, last, count in summary
        if first != last or count != lines_of.get((order_id, last), count)
    }
    if not newest:
        return set()
    lost = [
        line
        for line in HistoryOrderLine.objects.filter(order_id__in=newest)
        if line.version < newest[line.order_id]
        or (
            (line.order_id, line.version) in lines_of
            and (line.order_id, line.version, line.product_id) not in told
        )
    ]
    # By order too: spare tables that are filled have no index of the ids yet.
    HistoryOrderLine.objects.filter(order_id__in=newest, id__in=[line.id for line in lost]).delete()
    return {(line.user_id, line.product_id) for line in lost}


def known_orders(orders: Sequence[UUID]) -> set[UUID]:
    """Those of these orders, each named once, of which lines are held already.

    Of all others there is no line that could be in the way, or be lost. While their users are locked, that stays so.
    """
    known = set[UUID]()
    connection = connections[router.db_for_write(HistoryOrderLine)]
    fields = [HistoryOrderLine._meta.get_field("order_id")]
    with connection.cursor() as cursor:
        for relation, parameters in as_relations(connection, fields, [orders]):
            cursor.execute(_HELD.format(orders=relation), parameters)
            known.update(id if isinstance(id, UUID) else UUID(id) for (id,) in cursor.fetchall())
    return known


# Of each order by itself, here and below: joined as a whole, PostgreSQL may read the whole index for them.
_HELD = """
WITH told (order_id) AS ({orders})
SELECT order_id FROM told WHERE EXISTS (
    SELECT 1 FROM order_history_historyorderline AS line WHERE line.order_id = told.order_id LIMIT 1 OFFSET 0
)
"""


def _any_is_lost(lines_of: Mapping[tuple[UUID, int], int]) -> bool:
    """Whether an order, of which so many lines of a version were told, may hold other ones as well."""
    connection = connections[router.db_for_write(HistoryOrderLine)]
    fields = [HistoryOrderLine._meta.get_field(name) for name in ("order_id", "version", "version")]
    orders, versions = zip(*lines_of, strict=True)
    columns: list[Sequence[Any]] = [orders, versions, [*lines_of.values()]]
    with connection.cursor() as cursor:
        for relation, parameters in as_relations(connection, fields, columns):
            cursor.execute(_ANY_IS_LOST.format(told=relation), parameters)
            if cursor.fetchone()[0]:
                return True
    return False


_ANY_IS_LOST = """
WITH told (order_id, version, lines) AS ({told})
SELECT EXISTS (
    SELECT 1 FROM told WHERE (
        SELECT min(line.version) <> max(line.version) OR (max(line.version) = told.version AND count(*) <> told.lines)
        FROM order_history_historyorderline AS line WHERE line.order_id = told.order_id
    )
)
"""
