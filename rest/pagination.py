"""Pages by key, not by offset: the thousandth page costs what the first does, and new rows shift nothing."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Field, Model, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.urls import replace_query_param

from rest.problems import InvalidParameter
from rest.queries import Query

DEFAULT_PAGE_SIZE = 50
LARGEST_PAGE_SIZE = 100

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    rows: list[M]
    next: str | None
    """The cursor of the next page; None if this is the last one."""


class PageSize(serializers.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"default": DEFAULT_PAGE_SIZE, "help_text": "Rows in a page.", **kwargs}
        super().__init__(min_value=1, max_value=LARGEST_PAGE_SIZE, **kwargs)


class PageQuery(Query):
    """Which page of a list. Lists add what else can be asked of them."""

    page_size = PageSize()
    cursor = serializers.CharField(
        required=False, max_length=1000, help_text="Stands in a page's `next`; goes with the same `order`."
    )

    def read_page(self, rows: QuerySet[M], *, order: str) -> Page[M]:
        """One query. `order` is a field, descending with "-" before it; rows with equal values go by primary key.

        Raises InvalidParameter.
        """
        size = self.asked["page_size"]
        if cursor := self.asked.get("cursor"):
            rows = _following(rows, order, cursor)
        found = list(rows.order_by(order, _with_direction("pk", order))[: size + 1])
        return Page(found[:size], next=_cursor(found[size - 1], order) if len(found) > size else None)


def answer_with(page: Page, request: Request, serializer: type[BaseSerializer]) -> Response:
    url = request.build_absolute_uri()
    return Response(
        {
            "next": replace_query_param(url, "cursor", page.next) if page.next else None,
            "results": serializer(page.rows, many=True, context={"request": request}).data,
        }
    )


def _cursor(row: Model, order: str) -> str:
    return signing.dumps([order, _field(type(row), order).value_to_string(row), str(row.pk)], salt=__name__)


def _following(rows: QuerySet[M], order: str, cursor: str) -> QuerySet[M]:
    """What comes after the row that the cursor stands for: a range of the index. Raises InvalidParameter.

    Cursors are signed, so nobody gives us values that a column cannot have.
    """
    try:
        made_for, text, key = signing.loads(cursor, salt=__name__)
        field = _field(rows.model, order)
        value = field.to_python(text)
    except (signing.BadSignature, ValidationError, ValueError) as error:
        raise InvalidParameter({"cursor": "Take it from a page's `next`."}) from error
    if made_for != order:
        raise InvalidParameter({"cursor": f"This one goes with order={made_for}, not {order}."})
    onwards, back = ("lte", "gte") if order.startswith("-") else ("gte", "lte")
    return rows.filter(**{f"{field.name}__{onwards}": value}).exclude(
        **{field.name: value, f"pk__{back}": key}
    )


def _field(model: type[Model], order: str) -> Field:
    return cast(Field, model._meta.get_field(order.removeprefix("-")))


def _with_direction(name: str, order: str) -> str:
    return f"-{name}" if order.startswith("-") else name
