"""Pages by key, not by offset: the thousandth page costs what the first does."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self
from uuid import UUID

from order_history.models import OrderedProduct, OrderedProductQuerySet


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
    def of(cls, row: OrderedProduct) -> Self:
        assert row.product_id is not None
        return cls(row.last_ordered_at, row.product_id)

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(
            f"{self.last_ordered_at.isoformat()} {self.product_id}".encode()
        ).decode()


@dataclass(frozen=True)
class Page:
    rows: list[OrderedProduct]
    next: Cursor | None
    """None: this is the last page."""


def read_page(history: OrderedProductQuerySet, *, size: int, after: Cursor | None = None) -> Page:
    """Newest first, titles and pictures included. One query."""
    if after:
        history = history.after(after.last_ordered_at, after.product_id)
    rows = list(history.with_product().newest_first()[: size + 1])
    return Page(rows[:size], next=Cursor.of(rows[size - 1]) if len(rows) > size else None)
