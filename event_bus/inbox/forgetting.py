"""Forgetting people: the events about them that were put aside."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, TextField
from django.db.models.functions import Cast

from event_bus.inbox.models import DeadLetter


def forget_dead_letters(user_ids: Collection[UUID]) -> int:
    """Delete dead letters that name these users, dealt with or not. Returns how many.

    A whole message that names one of them goes too: its positions are asked for again.
    """
    named = [str(user_id) for user_id in user_ids]
    events = DeadLetter.objects.filter(content__data__user_id__in=named)
    messages = DeadLetter.objects.filter(partition=None).annotate(text=Cast("content", TextField()))
    about = Q(*[Q(text__contains=user_id) for user_id in named], _connector=Q.OR)
    return (
        events.delete()[0] + DeadLetter.objects.filter(id__in=messages.filter(about).values("id")).delete()[0]
    )
