"""Pages by key, not by offset: the thousandth page costs what the first does, and its plan is made once.

The statement is written by hand, of what both databases share, so that nothing but its values differs from
one request to the next: PostgreSQL prepares it, and Django does not compile it anew.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

from event_bus.inbox.freshness import as_of_from_sql, as_of_in_sql
from order_history.apps import SUBSCRIPTION
from order_history.models import OrderedProduct
from storefront.folding import folded

# How fresh the rows are is read with them: what it says holds for them exactly, and a page costs one query. Times and
# ids come as texts: they are made into what is needed in a quarter of the time.
_PAGE = """
SELECT heard.complete_as_of,
    page.product, page.title, page.image, page.first, page.last, page.times_ordered, page.quantity
FROM ({complete_as_of}) AS heard LEFT JOIN (
    SELECT CAST(ordered.product_id AS text) AS product, product.title, product.image,
        CAST(first_ordered_at AS text) AS first, CAST(last_ordered_at AS text) AS last, times_ordered, quantity,
        last_ordered_at, ordered.product_id
    FROM order_history_orderedproduct AS ordered
    LEFT JOIN order_history_historyproduct AS product ON product.product_id = ordered.product_id
    WHERE {conditions}
    ORDER BY last_ordered_at DESC, ordered.product_id
    LIMIT %s
) AS page ON TRUE
ORDER BY page.last_ordered_at DESC, page.product_id
"""
_ID, _TIME = models.UUIDField(), models.DateTimeField()

_OF_USER = "user_id = %s"
_SINCE = "last_ordered_at >= %s"
_BEFORE = "last_ordered_at < %s"
_TITLED = r"product.folded_title LIKE %s ESCAPE '\'"
_AFTER = "last_ordered_at <= %s AND NOT (last_ordered_at = %s AND ordered.product_id <= %s)"


class Row(NamedTuple):
    """A product that a user has ordered."""

    product_id: str
    title: str | None
    """None: not heard of yet."""
    image: str | None
    """A path below MEDIA_URL; empty if there is none, None if that is not known yet."""
    first_ordered_at: datetime
    last_ordered_at: datetime
    times_ordered: int
    quantity: int


class MalformedCursor(ValueError):
    """A text that no page has named as its next one."""


@dataclass(frozen=True)
class Cursor:
    """The last row that a client has seen, so that rows that come meanwhile shift nothing."""

    last_ordered_at: datetime
    product_id: UUID

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises MalformedCursor."""
        try:
            time, product_id = base64.urlsafe_b64decode(text).decode().split(" ")
            last_ordered_at = datetime.fromisoformat(time)
            if last_ordered_at.tzinfo is None:
                raise ValueError("no offset")
            return cls(last_ordered_at.astimezone(UTC), UUID(product_id))
        except (ValueError, OverflowError) as error:
            raise MalformedCursor("Take it from a page's `next`.") from error

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(row.last_ordered_at, UUID(row.product_id))

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(
            f"{self.last_ordered_at.isoformat()} {self.product_id}".encode()
        ).decode()


@dataclass(frozen=True)
class Part:
    """What of a history is asked for: all of it, unless more is said."""

    since: datetime | None = None
    """Last ordered at this time or later."""
    before: datetime | None = None
    """Last ordered before this time."""
    title: str = ""
    """In the title, in upper or lower case; what has no title yet is not found."""


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    next: Cursor | None
    """None: this is the last page."""
    complete_as_of: datetime | None = None
    """Whatever committed before is in here; None while that is not known."""


def read_page(user_id: UUID, part: Part = Part(), *, size: int, after: Cursor | None = None) -> Page:
    """Newest first, titles and pictures included. One query."""
    connection = connections[router.db_for_read(OrderedProduct)]
    as_of, as_of_parameters = as_of_in_sql(SUBSCRIPTION)
    conditions, parameters = _narrowed(connection, user_id, part, after)
    statement = _PAGE.format(complete_as_of=as_of, conditions=" AND ".join(conditions))
    with connection.cursor() as cursor:
        cursor.execute(statement, [*as_of_parameters, *parameters, size + 1])
        found = cursor.fetchall()
    row_of = row_of_postgres if connection.vendor == "postgresql" else _row_of_sqlite
    rows = [row_of(values) for _, *values in found if values[0]]
    return Page(
        rows[:size],
        next=Cursor.of(rows[size - 1]) if len(rows) > size else None,
        complete_as_of=as_of_from_sql(found[0][0]),
    )


def _narrowed(
    connection: BaseDatabaseWrapper, user_id: UUID, part: Part, after: Cursor | None
) -> tuple[list[str], list[Any]]:
    """Conditions, and their parameters as this database takes them."""
    conditions, parameters = [_OF_USER], [_ID.get_db_prep_value(user_id, connection)]
    for condition, bound in ((_SINCE, part.since), (_BEFORE, part.before)):
        if bound:
            conditions.append(condition)
            parameters.append(_TIME.get_db_prep_value(bound, connection))
    if part.title:
        conditions.append(_TITLED)
        parameters.append(f"%{connection.ops.prep_for_like_query(folded(part.title))}%")
    if after:
        time = _TIME.get_db_prep_value(after.last_ordered_at, connection)
        conditions.append(_AFTER)
        parameters += [time, time, _ID.get_db_prep_value(after.product_id, connection)]
    return conditions, parameters


def row_of_postgres(values: Sequence[Any]) -> Row:
    """Of the statement's columns."""
    product_id, title, image, first, last, times, quantity = values
    return Row(
        product_id, title, image, datetime.fromisoformat(first), datetime.fromisoformat(last), times, quantity
    )


def _row_of_sqlite(values: Sequence[Any]) -> Row:
    """Ids are kept without hyphens there, and times without an offset."""
    product_id, title, image, first, last, times, quantity = values
    first, last = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (first, last))
    return Row(str(UUID(product_id)), title, image, first, last, times, quantity)
