"""Source: the rows of one topic as they stand now, for whoever missed how they became so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.utils.module_loading import import_string

from event_bus.digests import Records
from event_bus.events import Event
from event_bus.outbox.publishing import publish_all


class UnknownTopic(LookupError):
    """No app here announces under that name."""


@dataclass(frozen=True)
class Removed:
    """A line of the receipt of an erasure."""

    where: str
    what: str
    count: int


@dataclass(frozen=True)
class Forgotten:
    """What an app has removed, and the aggregates (beside the user) whose events tell of the user."""

    removed: Sequence[Removed]
    subjects: Sequence[UUID]


@dataclass(frozen=True)
class Announced:
    """What one transaction has told again. `last` is the id to go on after; None if no row was left."""

    events: int
    last: UUID | None


@dataclass(frozen=True)
class Source:
    """How an announcing app tells its rows again: the fact that made each what it is, with the version it has.

    Whoever keeps the newest version takes no harm from it, and whoever has another state of the same
    version is healed by it.
    """

    rows: Callable[[], models.QuerySet[Any]]
    events_of: Callable[[Sequence[Any]], list[Event]]
    """Leaves out rows that must not be told any more."""
    since: Callable[[datetime], models.Q]
    """Those that came to be, or to an end, since then."""
    records: Records
    """What readers keep of the rows: a contract as much as the events are."""
    forget: Callable[[UUID], Forgotten] | None = None
    """Removes what the app holds about a user and need not keep."""

    def select(
        self,
        *,
        after: UUID | None = None,
        ids: Sequence[UUID] | None = None,
        since: datetime | None = None,
    ) -> models.QuerySet[Any]:
        """By id, so that reading on costs the same however far one is."""
        rows = self.rows().order_by("pk")
        if after is not None:
            rows = rows.filter(pk__gt=after)
        if ids is not None:
            rows = rows.filter(pk__in=ids)
        return rows if since is None else rows.filter(self.since(since))

    def unknown(self, ids: Sequence[UUID]) -> list[UUID]:
        """Those of which there is no row."""
        there = set(self.rows().filter(pk__in=ids).values_list("pk", flat=True))
        return [id for id in ids if id not in there]

    def announce(self, rows: models.QuerySet[Any], *, limit: int) -> Announced:
        """Tell the first `limit` of these rows again, in one transaction.

        They are locked until it commits: a state that was read before a change must not be told after it.
        """
        with transaction.atomic(using=rows.db):
            locked = list(rows.select_for_update(of=("self",), no_key=True)[:limit])
            events = self.events_of(locked)
            publish_all(events)
        return Announced(events=len(events), last=locked[-1].pk if locked else None)


def source_of(topic: str) -> Source:
    """Raises UnknownTopic, which names the known ones."""
    sources = settings.EVENT_BUS["SOURCES"]
    if topic not in sources:
        raise UnknownTopic(f"nobody here announces {topic!r}; known: {', '.join(sources) or 'none'}")
    source = import_string(sources[topic])
    assert isinstance(source, Source)
    return source
