"""The same answer by joining the tables of those who own them, in one query."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTStatelessUserAuthentication

from order_history.api.answering import answer
from order_history.api.queries import HistoryQuery
from order_history.api.serializers import as_json
from order_history.models import HistoryProduct, OrderedProduct
from order_history.paging import Cursor, Page

# Titles are looked up for the page alone, not for all that was ever ordered. The owners' own indexes suffice:
# orders by user, lines by order, products by id.
_JOIN = """
SELECT ordered.*, product.title, product.image
FROM (
    SELECT line.product_id, min(placed_at), max(placed_at), count(*), sum(quantity)
    FROM orders_order JOIN orders_orderline AS line ON line.order_id = orders_order.id
    WHERE user_id = %s AND cancelled_at IS NULL
    GROUP BY line.product_id
    {having}
    ORDER BY max(placed_at) DESC, line.product_id
    LIMIT %s
) AS ordered (product_id, first_ordered_at, last_ordered_at, times_ordered, quantity)
LEFT JOIN products_product AS product ON product.id = ordered.product_id
ORDER BY last_ordered_at DESC, product_id
"""
_AFTER = "HAVING max(placed_at) < %s OR (max(placed_at) = %s AND line.product_id > %s)"


class JoinedView(APIView):
    authentication_classes = [JWTStatelessUserAuthentication]

    def get(self, request: Request, user_id: UUID) -> Response:
        if str(request.user.pk) != str(user_id) and not request.user.is_staff:
            raise Http404
        asked = HistoryQuery.read(request).asked
        page = read_page(user_id, size=asked["page_size"], after=asked.get("cursor"))
        return answer_with(page, request)


def answer_with(page: Page, request: Request) -> Response:
    """As the history does. What was just read where it belongs is complete as of now."""
    url = request.build_absolute_uri()
    body = {
        "next": replace_query_param(url, "cursor", page.next) if page.next else None,
        "results": [as_json(row) for row in page.rows],
    }
    return answer(request, body, complete_as_of=timezone.now(), applied=None)


def read_page(user_id: UUID, *, size: int, after: Cursor | None) -> Page:
    seen: list[Any] = [after.last_ordered_at, after.last_ordered_at, after.product_id] if after else []
    with connection.cursor() as cursor:
        cursor.execute(_JOIN.format(having=_AFTER if after else ""), [user_id, *seen, size + 1])
        rows = [ordered(*row) for row in cursor.fetchall()]
    return page_of(rows, size)


def page_of(rows: list[OrderedProduct], size: int) -> Page:
    return Page(rows[:size], next=Cursor.of(rows[size - 1]) if len(rows) > size else None)


def ordered(
    product_id: UUID, first: datetime, last: datetime, times: int, quantity: int, title: Any, image: Any
) -> OrderedProduct:
    return OrderedProduct(
        product=HistoryProduct(product_id=product_id, title=title, image=image),
        first_ordered_at=first,
        last_ordered_at=last,
        times_ordered=times,
        quantity=quantity,
    )
