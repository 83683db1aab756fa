"""Many values given to a statement as a relation, a column at a time, on PostgreSQL and SQLite."""

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import psycopg
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.adapt import Dumper
from psycopg.pq import Format

V = TypeVar("V")

MOST_PARAMETERS = 30_000
"""In one statement; SQLite takes 32,766."""

MOST_ROWS = 10_000
"""In one statement."""


def distinct(ids: Iterable[UUID]) -> list[UUID]:
    """Each once, as they came first. By their numbers, which Python hashes many times faster."""
    return list({id.int: id for id in ids}.values())


def parts_of(values: Iterable[V], size: int) -> Iterator[list[V]]:
    """So many values each, the last with what is left."""
    remaining = iter(values)
    while part := list(islice(remaining, size)):
        yield part


def as_relations(
    connection: BaseDatabaseWrapper, fields: Sequence[Any], columns: Sequence[Sequence[Any]]
) -> Iterable[tuple[str, list[Any]]]:
    """Values given column by column, as relations to select from: (SQL, its parameters), a chunk each.

    PostgreSQL takes an array a column, which is many times cheaper than a parameter a value.
    """
    by_column = connection.vendor == "postgresql"
    at_once = MOST_ROWS if by_column else MOST_PARAMETERS // len(fields)
    for start in range(0, len(columns[0]), at_once):
        chunk = [column[start : start + at_once] for column in columns]
        if by_column:
            # Not `FROM unnest(…, …)`, which stores all rows before it hands out the first, and takes twice as long.
            arrays = ", ".join(f"unnest(%s::{_type_of(field, connection)}[])" for field in fields)
            yield f"SELECT {arrays}", [_as_array(column) for column in chunk]
        else:
            prepared = [
                [field.get_db_prep_value(value, connection, False) for value in column]
                for field, column in zip(fields, chunk, strict=True)
            ]
            row = f"({', '.join(['%s'] * len(fields))})"
            yield (
                f"VALUES {', '.join([row] * len(chunk[0]))}",
                [value for values in zip(*prepared, strict=True) for value in values],
            )


def _type_of(field: Any, connection: BaseDatabaseWrapper) -> str:
    """Texts as `text`: a cast to varchar(200) would cut them off, where the insert says that they are too long."""
    return "text" if isinstance(field, models.CharField) else str(field.rel_db_type(connection))


def as_conditions(
    connection: BaseDatabaseWrapper, field: Any, values: Sequence[Any]
) -> Iterable[tuple[str, list[Any]]]:
    """Values of one column as what a column is among: (SQL that follows it, its parameters), a chunk each.

    Of an array PostgreSQL (17 and later) finds many in one leaf of an index; of a relation it looks for each from the
    root, which takes thousands of ids three times as long.
    """
    if connection.vendor != "postgresql":
        for relation, parameters in as_relations(connection, [field], [values]):
            yield f"IN ({relation})", parameters
        return
    for start in range(0, len(values), MOST_ROWS):
        chunk = values[start : start + MOST_ROWS]
        yield f"= ANY (%s::{_type_of(field, connection)}[])", [_as_array(chunk)]


class _Binary(NamedTuple):
    """An array as PostgreSQL has it inside, which it takes in ten times faster than its text."""

    array: bytes

    @classmethod
    def of(cls, element: int, values: Sequence[bytes]) -> "_Binary":
        """Of a type, given by its number in PostgreSQL's catalogue, whose values have one size and are not null."""
        size = struct.pack("!i", len(values[0]))
        # Dimensions, whether one is null, type, how many, and the number of the first.
        return cls(struct.pack("!5i", 1, 0, element, len(values), 1) + size + size.join(values))


class _BinaryDumper(Dumper):
    format = Format.BINARY
    oid = 0  # it is cast

    def dump(self, obj: _Binary) -> bytes:
        return obj.array


psycopg.adapters.register_dumper(_Binary, _BinaryDumper)

_UUID, _TIMESTAMPTZ = 2950, 1184
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def _as_array(column: Sequence[Any]) -> str | _Binary:
    """PostgreSQL's ways to write an array; the driver's own, a value at a time, takes longer than the statement."""
    types = set(map(type, column))
    if types == {UUID}:
        return _Binary.of(_UUID, [value.int.to_bytes(16) for value in column])
    if types == {datetime}:
        return _Binary.of(
            _TIMESTAMPTZ, [((value - _EPOCH) // _MICROSECOND).to_bytes(8, signed=True) for value in column]
        )
    return "{" + ",".join(_as_elements(column, types)) + "}"


def _as_elements(column: Sequence[Any], types: set[type]) -> list[str]:
    if types <= {int, bool}:
        return list(map(str, column))
    if types == {str} and not _NEEDS_ESCAPING.search("".join(column)):
        return [f'"{value}"' for value in column]
    return ["NULL" if value is None else _as_element(value) for value in column]


_NEEDS_ESCAPING = re.compile(r'["\\]')


def _as_element(value: Any) -> str:
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)
