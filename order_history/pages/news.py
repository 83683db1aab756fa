"""What a customer did a moment ago, and whether it shows already: never claimed before it is so."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.http import urlencode

from event_bus.consistency import ConsistencyToken, MalformedToken
from order_history.applied import TopicNotHeard, wait_until_applied
from order_history.models import HistoryProduct

KINDS = ("ordered", "cancelled")
MOST_NAMED = 5
FIRST_WAIT = 1.0
"""Seconds that the first look may wait: mostly enough, and the page needs no second one."""

PAUSES = (1, 1, 2, 2, 3, 5, 8, 10, 15, 15)
"""Seconds from one look to the next. After the last one the page says that it takes long."""


@dataclass(frozen=True)
class News:
    kind: str
    applied: bool
    titles: list[str]
    unnamed: int
    """Products of it that have no title here."""
    pause: int | None
    """Seconds until the next look; None if there is none."""
    next_look: str
    """Query of the address to look at then."""


def news_of(query: QueryDict, *, user_id: UUID, since: float) -> News | None:
    """None if the address brings none, or none of ours. The first look waits a second from `since`, at most."""
    kind, look = query.get("news"), _number(query.get("look"))
    if kind not in KINDS:
        return None
    try:
        token = ConsistencyToken.parse(query.get("after", ""))
        seconds = 0 if look else FIRST_WAIT
        applied = wait_until_applied(token, user_id=user_id, seconds=seconds, since=since)
    except (MalformedToken, TopicNotHeard):
        return None
    product_ids = [id for id in map(_uuid, query.getlist("product")[:MOST_NAMED]) if id]
    titles = HistoryProduct.objects.filter(product_id__in=product_ids).values_list("title", flat=True)
    return News(
        kind=kind,
        applied=applied,
        titles=sorted(titles),
        unnamed=max(_number(query.get("products")) - len(titles), 0),
        pause=None if applied or look >= len(PAUSES) else PAUSES[look],
        next_look=_with(query, look=0 if look >= len(PAUSES) else look + 1),
    )


def _with(query: QueryDict, **changes: Any) -> str:
    return urlencode({**dict(query.lists()), **changes}, doseq=True)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
