"""Pages by key, not by offset: the thousandth page costs what the first does."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from order_history.models import OrderedProduct, OrderedProductQuerySet
from rest.pagination import page_size
from rest.problems import InvalidParameter


class NewestFirstPagination(BasePagination):
    """`?cursor=` stands for the last row that the client has seen, so rows that come meanwhile shift nothing."""

    def paginate_queryset(  # type: ignore[override]
        self, queryset: OrderedProductQuerySet, request: Request, view: Any = None
    ) -> list[OrderedProduct]:
        size = page_size(request)
        if cursor := request.query_params.get("cursor"):
            queryset = queryset.after(*_decode(cursor))
        rows = list(queryset.newest_first()[: size + 1])
        page = rows[:size]
        self._next = None
        if len(rows) > size:
            url = request.build_absolute_uri()
            self._next = replace_query_param(url, "cursor", _encode(page[-1]))
        return page

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self._next, "results": data})


def _encode(row: OrderedProduct) -> str:
    return base64.urlsafe_b64encode(f"{row.last_ordered_at.isoformat()} {row.product_id}".encode()).decode()


def _decode(cursor: str) -> tuple[datetime, UUID]:
    try:
        time, product_id = base64.urlsafe_b64decode(cursor).decode().split(" ")
        last_ordered_at = datetime.fromisoformat(time)
        if last_ordered_at.tzinfo is None:
            raise ValueError("no offset")
        return last_ordered_at.astimezone(UTC), UUID(product_id)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise InvalidParameter({"cursor": "Take it from a page's `next`."}) from error
