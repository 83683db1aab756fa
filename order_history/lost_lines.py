"""An order has the lines of its newest state, and no others."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min

from order_history.models import HistoryOrderLine


def remove_lost_lines(announced: Sequence[Mapping[str, Any]]) -> set[tuple[UUID, UUID]]:
    """Remove what the orders of these announced lines, stored by now, held before. Returns (user, product) of each.

    Nearly always there is nothing to remove, and one statement says so.
    """
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
    HistoryOrderLine.objects.filter(id__in=[line.id for line in lost]).delete()
    return {(line.user_id, line.product_id) for line in lost}
