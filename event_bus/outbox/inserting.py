"""One event stored by a statement that is put together once: it is a part of every write, and Django would take
longer to compile it than the database takes to run it."""

from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.models import Field

from event_bus.outbox.models import OutboxEvent

TABLE, KEY = OutboxEvent._meta.db_table, "id"


def insert(event: OutboxEvent, *, using: str) -> None:
    """As `bulk_create` would."""
    connection = connections[using]
    statement, fields = _insertion(using)
    values = [field.get_db_prep_save(getattr(event, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        if connection.features.can_return_columns_from_insert:
            [event.pk] = cursor.fetchone()
        else:  # SQLite before 3.35
            event.pk = connection.ops.last_insert_id(cursor, TABLE, KEY)


@lru_cache
def _insertion(using: str) -> "tuple[str, list[Field[Any, Any]]]":
    connection = connections[using]
    quoted = connection.ops.quote_name
    fields = [field for field in OutboxEvent._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(quoted(str(field.column)) for field in fields)
    values = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quoted(TABLE)} ({columns}) VALUES ({values})"  # noqa: S608
    if connection.features.can_return_columns_from_insert:
        statement += f" RETURNING {quoted(KEY)}"
    return statement, fields
