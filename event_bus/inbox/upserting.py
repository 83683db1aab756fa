"""Keeping the newest version of each row, whatever order the versions arrive in."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from django.db import connections, models, router

MOST_PARAMETERS = 30_000
"""In one statement; SQLite takes 32,766 and PostgreSQL 65,535."""


def keep_newest(model: type[models.Model], rows: Iterable[Mapping[str, Any]], *, key: Sequence[str]) -> None:
    """Insert the rows; where one stands already, the greater `version` stays, and the later of equal ones.

    A row gives a value to each of the model's fields, save an automatic id. `version` is one of them, and
    the fields `key` are unique together. The guard stands in the statement itself, which Django's
    `bulk_create(update_conflicts=True)` cannot say.
    """
    identity = itemgetter(*key)
    newest = {identity(row): row for row in sorted(rows, key=itemgetter("version"))}
    if newest:
        # One order of locks for every transaction; texts, since UUIDs are ten times slower to compare.
        _upsert(model, [newest[each] for each in sorted(newest, key=str)], key)


def _upsert(model: type[models.Model], rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    connection = connections[router.db_for_write(model)]
    fields: list[Any] = [
        field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)
    ]
    statement = _statement(model, fields, key)
    placeholders = f"({', '.join(['%s'] * len(fields))})"
    columns = [(field.attname, field.get_db_prep_value) for field in fields]
    at_once = MOST_PARAMETERS // len(fields)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), at_once):
            chunk = rows[start : start + at_once]
            values = [prepare(row[name], connection, False) for row in chunk for name, prepare in columns]
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
