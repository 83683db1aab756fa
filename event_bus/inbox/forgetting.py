"""Forgetting people: the events about them that were put aside, or would be."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from event_bus.inbox.models import DeadLetter
from event_bus.inbox.projections import Projection, projection_of
from event_bus.relations import parts_of
from event_bus.subscriptions import all_subscriptions

AT_ONCE = 200
"""Users in one statement. SQLite takes no more than 1,000 alternatives."""

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def forget_dead_letters(user_ids: Collection[UUID]) -> int:
    """Delete dead letters that name these users, dealt with or not. Returns how many.

    A whole message that names one of them goes too: its positions are asked for again.
    """
    return sum(_forget(some) for some in parts_of(map(str, user_ids), AT_ONCE))


def _forget(named: Sequence[str]) -> int:
    events = DeadLetter.objects.filter(content__data__user_id__in=named)
    messages = DeadLetter.objects.filter(partition=None).annotate(text=Cast("content", TextField()))
    about = Q(*[Q(text__contains=user_id) for user_id in named], _connector=Q.OR)
    return (
        events.delete()[0] + DeadLetter.objects.filter(id__in=messages.filter(about).values("id")).delete()[0]
    )


def is_about_the_erased(content: Any, *, subscription: str, is_event: bool) -> bool:
    """Whether this event, or message, names somebody whom the subscription knows to be erased: the same ones
    that `forget_dead_letters` would delete. Inside the transaction that would keep it."""
    about = content.get("data") if is_event and isinstance(content, dict) else content
    if is_event:
        about = about.get("user_id") if isinstance(about, dict) else None
    named = {UUID(id) for id in _ID.findall(json.dumps(about, default=str))}
    return bool(named) and any(projection.erased_among(named) for projection in _projections(subscription))


def _projections(subscription: str) -> Iterator[Projection]:
    """All, if nobody knows whose it was."""
    names = [one.name for one in all_subscriptions()]
    for name in [subscription] if subscription in names else names:
        yield projection_of(name)
