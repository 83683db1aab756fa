"""Users told again, as they are now."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from event_bus.digests import Record, Which, as_text, hex_of, select
from event_bus.events import Event
from event_bus.outbox.sources import Source
from users.events import UserErased, UserSignedUp
from users.models import User


def _last_facts(users: Sequence[User]) -> list[Event]:
    return [_last_fact(user) for user in users]


def _last_fact(user: User) -> Event:
    if user.erased_at:
        return UserErased(user_id=user.id, erased_at=user.erased_at, version=user.version)
    return UserSignedUp(user_id=user.id, version=user.version)


def _since(time: datetime) -> Q:
    return Q(joined_at__gte=time) | Q(erased_at__gte=time)


def _records(which: Which) -> list[Record]:
    """What readers keep of a user: whether they were erased."""
    rows = select(User.objects.order_by("pk"), which)
    return [
        Record(hex_of(id), version, (erased_at,))
        for id, version, erased_at in rows.values_list(as_text("pk"), "version", "erased_at")
    ]


source = Source(rows=User.objects.all, events_of=_last_facts, since=_since, records=_records)
