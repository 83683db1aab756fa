"""A row of a history as a line of JSON, as the API answers with it: the database writes it, and nobody reads it
but those who want a Row.
"""

from datetime import datetime
from typing import NamedTuple, Self

import orjson
from django.conf import settings

_LINE = """'{{"product_id":"' || {product_id} || '","title":' || {title} || ',"image":' || {image}
    || ',"first_ordered_at":"' || {first_ordered_at} || '","last_ordered_at":"' || {last_ordered_at}
    || '","times_ordered":' || times_ordered || ',"quantity":' || quantity || '}}'"""

_POSTGRES = {
    "id": "{0}",
    "text": "COALESCE(CAST(to_json({0}) AS text), 'null')",
    "time": """replace(to_char({0}, 'YYYY-MM-DD"T"HH24:MI:SS.USZ'), '.000000', '')""",
    # Planned without a second sorting: the rows come in this order.
    "all": "string_agg(line, chr(10) ORDER BY last_ordered_at DESC, product_id)",
}
# Ids are kept without hyphens there, and times without an offset. It joins texts in the order in which they come.
_SQLITE = {
    "id": "substr({0}, 1, 8) || '-' || substr({0}, 9, 4) || '-' || substr({0}, 13, 4) || '-' || substr({0}, 17, 4)"
    " || '-' || substr({0}, 21)",
    "text": "json_quote({0})",
    "time": "replace({0}, ' ', 'T') || 'Z'",
    "all": "group_concat(line, char(10))",
}


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

    @classmethod
    def of(cls, line: str) -> Self:
        """A picture that is not there and one that is not known are the same in a line: None."""
        row = orjson.loads(line)
        if row["image"]:
            row["image"] = row["image"].removeprefix(settings.MEDIA_URL)
        for name in ("first_ordered_at", "last_ordered_at"):
            row[name] = datetime.fromisoformat(row[name])
        return cls(**row)


def line_in_sql(vendor: str) -> str:
    """Of tables called `ordered` and `product`. Its one parameter is MEDIA_URL."""
    written = _written(vendor)
    return _LINE.format(
        product_id=written["id"].format("ordered.product_id"),
        title=written["text"].format("product.title"),
        image=written["text"].format("%s || NULLIF(product.image, '')"),
        first_ordered_at=written["time"].format("first_ordered_at"),
        last_ordered_at=written["time"].format("last_ordered_at"),
    )


def all_in_sql(vendor: str) -> str:
    """One text of every `line`, newest first, for `lines_of`. The rows, which come so, have the columns to order by."""
    return _written(vendor)["all"]


def lines_of(text: str | None) -> list[str]:
    return text.split("\n") if text else []


def _written(vendor: str) -> dict[str, str]:
    return _POSTGRES if vendor == "postgresql" else _SQLITE
