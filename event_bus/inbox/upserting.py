"""Keeping the newest version of each row, whatever order the versions arrive in."""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from django.db import connections, models, router

MOST_PARAMETERS = 30_000
"""In one statement; SQLite takes 32,766 and PostgreSQL 65,535."""


def keep_newest(rows: Iterable[models.Model], *, key: Sequence[str]) -> None:
    """Insert the rows; where one stands already, the greater `version` stays, and the later of equal ones.

    `rows` are of one model that has a field `version` and a unique constraint over the fields `key`.
    The guard stands in the statement itself, which Django's `bulk_create(update_conflicts=True)` cannot say.
    """
    identity = attrgetter(*key)
    newest: dict[Any, Any] = {}
    for row in sorted(rows, key=attrgetter("version")):
        newest[identity(row)] = row
    # One order of locks for every transaction; texts, since UUIDs are ten times slower to compare.
    ordered = [newest[each] for each in sorted(newest, key=str)]
    if ordered:
        _upsert(ordered, key)


def _upsert(rows: Sequence[models.Model], key: Sequence[str]) -> None:
    model = type(rows[0])
    connection = connections[router.db_for_write(model)]
    fields: list[Any] = [
        field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)
    ]
    statement = _statement(model, fields, key)
    placeholders = f"({', '.join(['%s'] * len(fields))})"
    at_once = MOST_PARAMETERS // len(fields)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), at_once):
            chunk = rows[start : start + at_once]
            values = [
                field.get_db_prep_save(getattr(row, field.attname), connection)
                for row in chunk
                for field in fields
            ]
            cursor.execute(statement.format(values=", ".join([placeholders] * len(chunk))), values)


def _statement(model: type[models.Model], fields: Sequence[Any], key: Sequence[str]) -> str:
    table = model._meta.db_table
    unique = [field.column for field in fields if field.name in key]
    changing = [field.column for field in fields if field.name not in key]
    return (
        f"INSERT INTO {table} ({', '.join(field.column for field in fields)}) VALUES {{values}} "  # noqa: S608
        f"ON CONFLICT ({', '.join(unique)}) DO UPDATE "
        f"SET {', '.join(f'{column} = excluded.{column}' for column in changing)} "
        f"WHERE {table}.version <= excluded.version"
    )
