"""What each row must hold: from texts to the values that are staged."""

import re
from datetime import UTC, datetime

TITLE_LENGTH = 200
QUANTITY_LIMIT = 1_000_000

Values = dict[str, str]

WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")
MONEY = re.compile(r"[0-9]{1,10}(\.[0-9]{0,4})?|\.[0-9]{1,4}")  # 14 digits, 4 of them decimals


class InvalidRow(Exception):
    """A row cannot be imported. `reason` is the same for all rows with that fault, `value` is its own."""

    def __init__(self, reason: str, value: str = "") -> None:
        super().__init__(reason, value)
        self.reason, self.value = reason, value


def product_from(row: Values) -> tuple[str, str, str, str]:
    """The columns of the staging table: id, title, image, price."""
    title = row["title"].strip()
    if not title:
        raise InvalidRow("title is empty")
    if len(title) > TITLE_LENGTH:
        raise InvalidRow(f"title is longer than {TITLE_LENGTH} characters", f"{title[:40]}…")
    price = row.get("list_price", "").strip() or row.get("price", "").strip() or "0"
    return _id(row, "product_id"), title, row["image"].strip(), _money("price", price)


def order_from(row: Values) -> tuple[str, str, str]:
    """The columns of the staging table: id, user_id, placed_at in UTC."""
    return _id(row, "order_id"), _id(row, "user_id"), _moment(row["placed_at"].strip())


def line_from(row: Values) -> tuple[str, str, str, int, str]:
    """The columns of the staging table: order_id, line_no, product_id, quantity, unit_price."""
    return (
        _id(row, "order_id"),
        _id(row, "line_no"),
        _id(row, "product_id"),
        _quantity(row["quantity"].strip()),
        _money("unit_price", row["unit_price"].strip()),
    )


def _id(row: Values, column: str) -> str:
    value = row[column]
    if not value or value.isspace():
        raise InvalidRow(f"{column} is empty")
    return value


def _quantity(text: str) -> int:
    if not WHOLE_NUMBER.fullmatch(text) or not 1 <= int(text) <= QUANTITY_LIMIT:
        raise InvalidRow(f"quantity is not a whole number from 1 to {QUANTITY_LIMIT:,}", text)
    return int(text)


def _money(column: str, text: str) -> str:
    if not MONEY.fullmatch(text):
        raise InvalidRow(f"{column} is not a number of at least 0 with up to 10 digits and 4 decimals", text)
    return text


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    except (ValueError, OverflowError):
        raise InvalidRow("placed_at is not an ISO 8601 date or time", text) from None
