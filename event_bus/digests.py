"""Digests: two databases find out where they differ without either reading the other."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

AT_ONCE = 10_000
"""Ids in one statement."""


class Span(NamedTuple):
    """The ids above `after`, up to and including `up_to`; None: no bound."""

    after: UUID | None
    up_to: UUID | None


class State(NamedTuple):
    """What one aggregate is, in short: equal versions with unequal digests are drift."""

    id: UUID
    version: int
    digest: str


Which = Span | Sequence[UUID]
States = Callable[[Which], list[State]]
"""The states of these aggregates, by id."""


def digest_of(*facts: Any) -> str:
    """Of the facts that both sides keep, in an order that they have agreed on: 32 hexadecimal digits."""
    in_utc = [fact.astimezone(UTC) if isinstance(fact, datetime) else fact for fact in facts]
    return hashlib.blake2b(orjson.dumps(in_utc), digest_size=16).hexdigest()


def digest_of_all(states: Iterable[State]) -> str:
    """Of a range of states, which come by id."""
    whole = hashlib.blake2b(digest_size=16)
    for id, version, digest in states:
        whole.update(b"%s %d %s\n" % (id.bytes, version, digest.encode()))
    return whole.hexdigest()


def as_text(column: str) -> Cast:
    """The column as the database writes it: where millions of rows are read, making an id or a time of each takes most
    of the time. `UUID` and `time_of` read it, for either database."""
    return Cast(column, TextField())


def time_of(text: str) -> datetime:
    """Of a column that came `as_text`."""
    time = datetime.fromisoformat(text)
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def select(rows: QuerySet[Any], which: Which, *, by: str = "pk") -> QuerySet[Any]:
    """Those of the rows that are asked for. Ids are AT_ONCE at most."""
    if not isinstance(which, Span):
        return rows.filter(**{f"{by}__in": which})
    if which.after is not None:
        rows = rows.filter(**{f"{by}__gt": which.after})
    if which.up_to is not None:
        rows = rows.filter(**{f"{by}__lte": which.up_to})
    return rows
