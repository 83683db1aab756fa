"""The same answer by joining the tables of those who own them, in one query."""

from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from order_history.api.answering import answer
from order_history.api.queries import HistoryQuery
from order_history.lines import all_in_sql, line_in_sql, lines_of
from order_history.paging import Cursor, Page

# Titles are looked up for the page alone, not for all that was ever ordered. The owners' own indexes suffice:
# orders by user, lines by order, products by id.
_JOIN = """
SELECT {lines} FROM (SELECT {line} AS line, last_ordered_at, ordered.product_id FROM (
    SELECT line.product_id, min(placed_at), max(placed_at), count(*), sum(quantity)
    FROM orders_order JOIN orders_orderline AS line ON line.order_id = orders_order.id
    WHERE user_id = %s AND cancelled_at IS NULL
    GROUP BY line.product_id
    {having}
    ORDER BY max(placed_at) DESC, line.product_id
    LIMIT %s
) AS ordered (product_id, first_ordered_at, last_ordered_at, times_ordered, quantity)
LEFT JOIN products_product AS product ON product.id = ordered.product_id
ORDER BY ordered.last_ordered_at DESC, ordered.product_id
) AS page
"""
_AFTER = "HAVING max(placed_at) < %s OR (max(placed_at) = %s AND line.product_id > %s)"


class JoinedView(APIView):
    authentication_classes = [JWTStatelessUserAuthentication]

    def get(self, request: Request, user_id: UUID) -> HttpResponse:
        if str(request.user.pk) != str(user_id) and not request.user.is_staff:
            raise Http404
        asked = HistoryQuery.read(request).asked
        page = read_page(user_id, size=asked["page_size"], after=asked.get("cursor"))
        return answer(request, page, applied=None)


def read_page(user_id: UUID, *, size: int, after: Cursor | None) -> Page:
    seen: list[Any] = [after.last_ordered_at, after.last_ordered_at, after.product_id] if after else []
    with connection.cursor() as cursor:
        cursor.execute(_statement(_AFTER if after else ""), [settings.MEDIA_URL, user_id, *seen, size + 1])
        [(found,)] = cursor.fetchall()
    return page_of(lines_of(found), size)


@cache
def _statement(having: str) -> str:
    return _JOIN.format(having=having, line=line_in_sql("postgresql"), lines=all_in_sql("postgresql"))


def page_of(lines: list[str], size: int) -> Page:
    following = Cursor.of(lines[size - 1]) if len(lines) > size else None
    # What was just read where it belongs is complete as of now.
    return Page(lines[:size], next=following, complete_as_of=timezone.now())
