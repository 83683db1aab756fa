"""What a client may ask of a history: a part of it, a page of that, and a write that the answer should show."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from event_bus.consistency import HEADER, ConsistencyToken
from order_history.applied import LONGEST_WAIT, TopicNotHeard, wait_until_applied
from order_history.paging import Cursor, Page, Part, read_page
from rest.pagination import PageSize
from rest.problems import InvalidParameter
from rest.queries import ParsedField, Query, Seconds, TimeWithOffset


@extend_schema_field({"type": "string"})
class CursorField(ParsedField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Cursor.parse, **kwargs)


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^(orders|products|users)\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[1-9][0-9]{0,8}$",
        "examples": ["orders.c916936f-9490-5fa1-b01d-aaf2e1cf57e3.2"],
    }
)
class TokenField(ParsedField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(ConsistencyToken.parse, **kwargs)


class HistoryQuery(Query):
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
    page_size = PageSize()
    cursor = CursorField(required=False, help_text="Stands in a page's `next`.")
    after = TokenField(required=False, help_text=f"A `{HEADER}` that a write answered with.")
    wait = Seconds(
        default=0,
        min_value=0,
        max_value=LONGEST_WAIT,
        help_text="Seconds to wait, at most, until the write that `after` stands for shows here.",
    )

    def wait_until_applied(self, user_id: UUID, *, since: float) -> bool | None:
        """Waits as asked, counted from `since`; says whether the write shows now, None if none was named."""
        if "after" not in self.asked:
            return None
        try:
            return wait_until_applied(
                self.asked["after"], user_id=user_id, seconds=self.asked["wait"], since=since
            )
        except TopicNotHeard as error:
            raise InvalidParameter({"after": str(error)}) from error

    def read_page(self, user_id: UUID) -> Page:
        asked = self.asked
        part = Part(
            since=asked.get("ordered_after"), before=asked.get("ordered_before"), title=asked.get("title", "")
        )
        return read_page(user_id, part, size=asked["page_size"], after=asked.get("cursor"))
