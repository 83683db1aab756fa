"""What a client may ask of a history: a part of it, a page of that, and a write that the answer should show."""

from collections.abc import Callable
from datetime import datetime
from math import isnan
from typing import Any
from uuid import UUID

from rest_framework import serializers

from event_bus.consistency import HEADER, ConsistencyToken
from order_history.applied import LONGEST_WAIT, TopicNotHeard, wait_until_applied
from order_history.models import OrderedProductQuerySet
from order_history.paging import DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE, Cursor, Page, read_page


class TimeWithOffset(serializers.DateTimeField):
    """ISO 8601 with an offset: without one, nobody knows whose midnight is meant."""

    default_error_messages = {
        "no_offset": "Say the offset: 2026-01-31T00:00:00Z, or …%2B01:00 (a plain + is a space in an address)."
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("no_offset")
        return super().enforce_timezone(value)


class ParsedField(serializers.Field[Any, str, str, Any]):
    """A text of ours, handed back to us."""

    def __init__(self, parse: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._parse = parse

    def to_internal_value(self, data: str) -> Any:
        try:
            return self._parse(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: Any) -> str:
        return str(value)


class Seconds(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        seconds: float = super().to_internal_value(data)
        if isnan(seconds):
            self.fail("invalid")
        return seconds


class HistoryQuery(serializers.Serializer):
    ordered_after = TimeWithOffset(
        required=False, help_text="Last ordered at this time or later: ISO 8601 with an offset."
    )
    ordered_before = TimeWithOffset(
        required=False, help_text="Last ordered before this time: ISO 8601 with an offset."
    )
    title = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="A part of the title, in upper or lower case. What has no title yet is not found.",
    )
    page_size = serializers.IntegerField(
        default=DEFAULT_PAGE_SIZE, min_value=1, max_value=LARGEST_PAGE_SIZE, help_text="Products in a page."
    )
    cursor = ParsedField(Cursor.parse, required=False, help_text="Stands in a page's `next`.")
    after = ParsedField(
        ConsistencyToken.parse, required=False, help_text=f"A `{HEADER}` that a write answered with."
    )
    wait = Seconds(
        default=0,
        min_value=0,
        max_value=LONGEST_WAIT,
        help_text="Seconds to wait, at most, until the write that `after` stands for shows here.",
    )

    def wait_until_applied(self, user_id: UUID) -> bool | None:
        """Waits as asked; says whether the write shows now, None if none was named."""
        asked: dict[str, Any] = self.validated_data
        if "after" not in asked:
            return None
        try:
            return wait_until_applied(asked["after"], user_id=user_id, seconds=asked["wait"])
        except TopicNotHeard as error:
            raise serializers.ValidationError({"after": [str(error)]}) from error

    def read_page(self, history: OrderedProductQuerySet) -> Page:
        asked: dict[str, Any] = self.validated_data
        history = history.last_ordered(since=asked.get("ordered_after"), before=asked.get("ordered_before"))
        if title := asked.get("title"):
            history = history.titled(title)
        return read_page(history, size=asked["page_size"], after=asked.get("cursor"))
