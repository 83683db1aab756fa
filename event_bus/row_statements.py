"""Rows stored by a statement that is put together once a table: Django compiles each anew, which takes longer
than the database takes to run it, and these are a part of every write and of every message."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model


def insert_all(rows: Sequence[Model], *, using: str) -> None:
    """As `bulk_create` would, of rows of one table, which do not learn their keys."""
    if rows:
        statement, fields = _insertion(type(rows[0]), using)
        run_with_each(statement, [_values(row, fields, using) for row in rows], using=using)


def update_all(rows: Sequence[Model], *, using: str) -> None:
    """Every field of rows that stand there, by their keys."""
    if rows:
        statement, fields = _update(type(rows[0]), using)
        run_with_each(statement, [[*_values(row, fields, using), row.pk] for row in rows], using=using)


def run_with_each(statement: str, parameters: Sequence[Sequence[Any]], *, using: str) -> int:
    """The statement, once for each. Returns how many rows it changed.

    For a single one, which is the usual, `executemany` costs half as much again.
    """
    with connections[using].cursor() as cursor:
        if len(parameters) == 1:
            cursor.execute(statement, parameters[0])
        else:
            cursor.executemany(statement, parameters)
        return int(cursor.rowcount)


def for_update(connection: BaseDatabaseWrapper) -> str:
    """The end of a SELECT that locks its rows. SQLite has no such locks: the whole transaction is alone."""
    return connection.ops.for_update_sql() if connection.features.has_select_for_update else ""


def _values(row: Model, fields: "list[Field[Any, Any]]", using: str) -> list[Any]:
    connection = connections[using]
    return [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]


@lru_cache
def _insertion(model: type[Model], using: str) -> "tuple[str, list[Field[Any, Any]]]":
    table, columns, fields = _parts(model, using)
    values = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})", fields  # noqa: S608


@lru_cache
def _update(model: type[Model], using: str) -> "tuple[str, list[Field[Any, Any]]]":
    table, columns, fields = _parts(model, using)
    assert model._meta.pk
    key = connections[using].ops.quote_name(str(model._meta.pk.column))
    changes = ", ".join(f"{column} = %s" for column in columns)
    return f"UPDATE {table} SET {changes} WHERE {key} = %s", fields  # noqa: S608


def _parts(model: type[Model], using: str) -> "tuple[str, list[str], list[Field[Any, Any]]]":
    """The table, its columns without the key, and their fields."""
    quoted = connections[using].ops.quote_name
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    return quoted(model._meta.db_table), [quoted(str(field.column)) for field in fields], fields
