"""Pages by key, not by offset: the thousandth page costs what the first does."""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from order_history.models import OrderedProduct, OrderedProductQuerySet

DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 100


class NewestFirstPagination(BasePagination):
    """`?cursor=` stands for the last row that the client has seen, so rows that come meanwhile shift nothing."""

    def paginate_queryset(  # type: ignore[override]
        self, queryset: OrderedProductQuerySet, request: Request, view: Any = None
    ) -> list[OrderedProduct]:
        size = self._page_size(request)
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

    def _page_size(self, request: Request) -> int:
        text = request.query_params.get("page_size", str(DEFAULT_PAGE_SIZE))
        if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= LARGEST_PAGE_SIZE:
            raise ValidationError(
                {"page_size": f"a whole number from 1 to {LARGEST_PAGE_SIZE}, not {text!r}"}
            )
        return int(text)


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
        raise ValidationError({"cursor": "not a cursor of ours: take it from a page's `next`"}) from error
