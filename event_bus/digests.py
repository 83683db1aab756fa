"""Digests: two databases find out where they differ without either reading the other."""

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast


class Span(NamedTuple):
    """The ids above `after`, up to and including `up_to`; None: no bound."""

    after: UUID | None
    up_to: UUID | None


class State(NamedTuple):
    """What one aggregate is, in short: equal versions with unequal digests are drift."""

    id: UUID
    version: int
    digest: str


class Record(NamedTuple):
    """What one side keeps of an aggregate."""

    id: str
    """`hex_of` it, which sorts as ids do and costs a tenth of a UUID."""
    version: int
    fields: tuple[Any, ...]
    """Those that both sides keep, in an order that they have agreed on: what JSON says, ids as `hex_of`, times of UTC.
    None at all: what is here contradicts itself, and equals nothing."""

    @property
    def state(self) -> State:
        return State(UUID(self.id), self.version, _digest([self.fields]) if self.fields else "")


Which = Span | Sequence[UUID]
Records = Callable[[Which], list[Record]]
"""The records of these aggregates, by id."""


def digest_of(records: Sequence[Record]) -> str:
    """Of a range of records, which come by id: 32 hexadecimal digits."""
    return _digest([tuple(record) for record in records])


def position_after(records: Sequence[Record], id: UUID | None) -> int:
    """Of the first record above the id; of the end if there is none, or no id."""
    return len(records) if id is None else bisect_right(records, id.hex, key=attrgetter("id"))


def _digest(canonical: list[tuple[Any, ...]]) -> str:
    return hashlib.blake2b(orjson.dumps(canonical), digest_size=16).hexdigest()


def as_text(column: str) -> Cast:
    """The column as the database writes it: where millions of rows are read, making an id or a time of each takes most
    of the time. `hex_of` and `time_of` read it, for either database."""
    return Cast(column, TextField())


def hex_of(id: UUID | str) -> str:
    """32 hexadecimal digits; of an id that came `as_text` too."""
    return id.hex if isinstance(id, UUID) else id.replace("-", "")


def time_of(text: str) -> datetime:
    """Of a column that came `as_text`."""
    time = datetime.fromisoformat(text)
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def select(rows: QuerySet[Any], which: Which, *, by: str = "pk", and_by: str | None = None) -> QuerySet[Any]:
    """Those of the rows that are asked for.

    `and_by` is a column of a joined table that equals `by`: from bounds of one table PostgreSQL infers none for the
    other, and would read all of it for each span.
    """
    if not isinstance(which, Span):
        return rows.filter(**{f"{by}__in": which})
    bounds: dict[str, UUID] = {}
    for column in filter(None, (by, and_by)):
        if which.after is not None:
            bounds[f"{column}__gt"] = which.after
        if which.up_to is not None:
            bounds[f"{column}__lte"] = which.up_to
    return rows.filter(**bounds)
