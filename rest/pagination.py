"""Pages of a list: how large they may be, and where the next one begins."""

import re
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from rest.problems import InvalidParameter

DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 100


def page_size(request: Request) -> int:
    """What `?page_size=` asks for. Raises InvalidParameter."""
    text = request.query_params.get("page_size", str(DEFAULT_PAGE_SIZE))
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= LARGEST_PAGE_SIZE:
        raise InvalidParameter({"page_size": f"A whole number from 1 to {LARGEST_PAGE_SIZE}."})
    return int(text)


class CursorPages(CursorPagination):
    """Subclasses say in which `ordering`. Raises InvalidParameter for a page size or a cursor that is none."""

    page_size = DEFAULT_PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = LARGEST_PAGE_SIZE
    offset_cutoff = 10**9  # any number of rows may share one position

    def get_page_size(self, request: Request) -> int:
        return page_size(request)

    def paginate_queryset(
        self, queryset: QuerySet | Sequence, request: Request, view: Any = None
    ) -> list[Any] | None:
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, ValidationError, ValueError) as error:  # a position that the column cannot have
            raise InvalidParameter({"cursor": "Take it from a page's `next` or `previous`."}) from error
