"""Keeping the newest version of each row, whatever order the versions arrive in."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connections, models, router

from event_bus.relations import as_relations


def keep_newest(model: type[models.Model], rows: Iterable[Mapping[str, Any]], *, key: Sequence[str]) -> None:
    """Insert the rows; where one stands already, the greater `version` stays, and the later of equal ones.

    A row gives a value to each of the model's fields, save an automatic id. `version` is one of them, and
    the fields `key` are unique together. The guard stands in the statement itself, which Django's
    `bulk_create(update_conflicts=True)` cannot say.
    """
    by_version = sorted(rows, key=itemgetter("version"))
    newest = dict(zip(_identities(by_version, key), by_version, strict=True))
    if newest:
        _upsert(model, [newest[number] for number in sorted(newest)], key)


def insert_new(model: type[models.Model], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of which none stands there: the caller has looked, under a lock that every writer of them takes; or
    what does is taken out later (`leave_newest`).

    A third cheaper than `keep_newest`. Raises IntegrityError if one does and there is a unique index.
    """
    if rows:
        fields = _fields_of(model)
        _run(model, _insertion(model, fields), fields, rows)


def leave_newest(model: type[models.Model], *, of: str) -> None:
    """Of rows that were only ever inserted, leave those of each aggregate's newest state. PostgreSQL only.

    A state is what one transaction, or savepoint, has inserted of an aggregate, which the column `of` names. The
    greater `version` is newer, and of equal ones the later transaction.
    """
    with connections[router.db_for_write(model)].cursor() as cursor:
        cursor.execute(_LEAVE_NEWEST.format(table=model._meta.db_table, aggregate=of))


# xmin is the transaction that inserted a row. It counts round and round; its age does not.
_LEAVE_NEWEST = """
WITH told_again AS (
    SELECT {aggregate} FROM {table} GROUP BY {aggregate}
    HAVING min(version) <> max(version) OR min(age(xmin)) <> max(age(xmin))
), ranked AS (
    SELECT ctid AS place, rank() OVER (PARTITION BY {aggregate} ORDER BY version DESC, age(xmin)) AS rank
    FROM {table} WHERE {aggregate} IN (SELECT {aggregate} FROM told_again)
)
DELETE FROM {table} WHERE ctid IN (SELECT place FROM ranked WHERE rank > 1)
"""


def _upsert(model: type[models.Model], rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    fields = _fields_of(model)
    _run(model, _statement(model, fields, key), fields, rows)


def _fields_of(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)]


def _run(
    model: type[models.Model], statement: str, fields: list[Any], rows: Sequence[Mapping[str, Any]]
) -> None:
    connection = connections[router.db_for_write(model)]
    columns = [[row[field.attname] for row in rows] for field in fields]
    with connection.cursor() as cursor:
        for relation, parameters in as_relations(connection, fields, columns):
            cursor.execute(statement.format(rows=relation), parameters)


def in_order_of_locks(keys: Iterable[Any]) -> list[Any]:
    """One order for every transaction. UUIDs, alone or in tuples, by their numbers, which compare ten times faster."""
    return sorted(keys, key=_as_number)


def _as_number(key: Any) -> Any:
    if isinstance(key, UUID):
        return key.int
    return tuple(map(_as_number, key)) if isinstance(key, tuple) else key


def _identities(rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> list[Any]:
    """What is unique of each row, as `_as_number` has it: a column at a time, which is three times faster."""
    columns = [[row[name] for row in rows] for name in key]
    numbers = [[id.int for id in ids] if set(map(type, ids)) == {UUID} else ids for ids in columns]
    return numbers[0] if len(numbers) == 1 else list(zip(*numbers, strict=True))


def _statement(model: type[models.Model], fields: Sequence[Any], key: Sequence[str]) -> str:
    table = model._meta.db_table
    insertion = _insertion(model, fields)
    unique = [field.column for field in fields if field.name in key]
    changing = [field.column for field in fields if field.name not in key]
    return (
        f"{insertion} ON CONFLICT ({', '.join(unique)}) DO UPDATE "
        f"SET {', '.join(f'{column} = excluded.{column}' for column in changing)} "
        f"WHERE {table}.version <= excluded.version"
    )


def _insertion(model: type[models.Model], fields: Sequence[Any]) -> str:
    return f"INSERT INTO {model._meta.db_table} ({', '.join(field.column for field in fields)}) {{rows}}"
