"""Pages by key, not by offset: the thousandth page costs what the first does, and its plan is made once.

The statement is written by hand, so that nothing but its values differs from one request to the next: PostgreSQL
prepares it, and Django does not compile it anew. But for how a line is written, both databases take the same.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Self, cast
from uuid import UUID

from django.conf import settings
from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from event_bus.inbox.freshness import as_of_from_sql, as_of_in_sql
from order_history.apps import SUBSCRIPTION
from order_history.lines import Row, all_in_sql, line_in_sql, lines_of
from order_history.models import OrderedProduct
from storefront.folding import folded

# How fresh the rows are is read with them: what it says holds for them exactly, and a page costs one query.
_PAGE = """
SELECT ({complete_as_of}), {lines}
FROM (
    SELECT {line} AS line, last_ordered_at, ordered.product_id
    FROM order_history_orderedproduct AS ordered
    LEFT JOIN order_history_historyproduct AS product ON product.product_id = ordered.product_id
    WHERE {conditions}
    ORDER BY last_ordered_at DESC, ordered.product_id
    LIMIT %s
) AS page
"""
_ID, _TIME = models.UUIDField(), models.DateTimeField()

_OF_USER = "user_id = %s"
_SINCE = "last_ordered_at >= %s"
_BEFORE = "last_ordered_at < %s"
_TITLED = r"product.folded_title LIKE %s ESCAPE '\'"
_AFTER = "last_ordered_at <= %s AND NOT (last_ordered_at = %s AND ordered.product_id <= %s)"


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
    def of(cls, line: str) -> Self:
        row = Row.of(line)
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
    lines: list[str]
    """Its rows as JSON, as the API answers with them."""
    next: Cursor | None
    """None: this is the last page."""
    complete_as_of: datetime | None = None
    """Whatever committed before is in here; None while that is not known."""

    @property
    def rows(self) -> list[Row]:
        return [Row.of(line) for line in self.lines]


def read_page(user_id: UUID, part: Part = Part(), *, size: int, after: Cursor | None = None) -> Page:
    """Newest first, titles and pictures included. One query."""
    connection = connections[router.db_for_read(OrderedProduct)]
    as_of, as_of_parameters = as_of_in_sql(SUBSCRIPTION)
    conditions, parameters = _narrowed(connection, user_id, part, after)
    cursor = _cursor(connection)
    statement = _statement(connection.vendor, as_of, *conditions)
    cursor.execute(statement, [*as_of_parameters, settings.MEDIA_URL, *parameters, size + 1])
    [(complete_as_of, found)] = cursor.fetchall()
    lines = lines_of(found)
    return Page(
        lines[:size],
        next=Cursor.of(lines[size - 1]) if len(lines) > size else None,
        complete_as_of=as_of_from_sql(complete_as_of),
    )


@cache
def _statement(vendor: str, complete_as_of: str, *conditions: str) -> str:
    """The very same text each time: a kept cursor knows by that how the values of its last one were converted."""
    return _PAGE.format(
        complete_as_of=complete_as_of,
        lines=all_in_sql(vendor),
        line=line_in_sql(vendor),
        conditions=" AND ".join(conditions),
    )


def _cursor(connection: BaseDatabaseWrapper) -> CursorWrapper:
    """One for all pages of a connection: to make it anew takes a quarter of what else the query costs here."""
    if connection.queries_logged:  # by the cursor, which is another kind then
        return connection.cursor()
    connection.ensure_connection()
    made_for, cursor = getattr(connection, "cursor_of_pages", (None, None))
    if made_for is not connection.connection:
        cursor = connection.cursor()
        connection.cursor_of_pages = connection.connection, cursor  # type: ignore[attr-defined]
    return cast(CursorWrapper, cursor)


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
