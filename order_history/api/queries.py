"""What a client may ask of a history: a part of it, a page of that, and a write that the answer should show."""

from uuid import UUID

from rest_framework import serializers

from event_bus.consistency import HEADER, ConsistencyToken
from order_history.applied import LONGEST_WAIT, TopicNotHeard, wait_until_applied
from order_history.models import OrderedProductQuerySet
from order_history.paging import Cursor, Page, read_page
from rest.pagination import PageSize
from rest.problems import InvalidParameter
from rest.queries import ParsedField, Query, Seconds, TimeWithOffset


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
        if "after" not in self.asked:
            return None
        try:
            return wait_until_applied(self.asked["after"], user_id=user_id, seconds=self.asked["wait"])
        except TopicNotHeard as error:
            raise InvalidParameter({"after": str(error)}) from error

    def read_page(self, history: OrderedProductQuerySet) -> Page:
        asked = self.asked
        history = history.last_ordered(since=asked.get("ordered_after"), before=asked.get("ordered_before"))
        if title := asked.get("title"):
            history = history.titled(title)
        return read_page(history, size=asked["page_size"], after=asked.get("cursor"))
