"""Indexes that a spare set does without while it is filled, on PostgreSQL.

Made at once of all rows, they take a fraction of what keeping them beside each row does:
https://www.postgresql.org/docs/current/populate.html. What they are is read from the tables that serve, so whatever
an operator has added there comes with them.
"""

from collections.abc import Collection
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

_INDEXES = """
SELECT relation.relname, index.relname, constrained.conname, pg_get_indexdef(index.oid),
    pg_get_constraintdef(constrained.oid), entry.indisunique
FROM pg_index AS entry
JOIN pg_class AS index ON index.oid = entry.indexrelid
JOIN pg_class AS relation ON relation.oid = entry.indrelid
LEFT JOIN pg_constraint AS constrained ON constrained.conindid = index.oid AND constrained.conrelid = relation.oid
WHERE relation.relnamespace = %s::regnamespace AND relation.relname = ANY(%s) AND entry.indisvalid
ORDER BY relation.relname, index.oid
"""


class Index(NamedTuple):
    table: str
    name: str
    constraint: str | None
    """The name of the constraint that it is there for, if it is."""
    definition: str
    constraint_definition: str | None
    unique: bool


def indexes_of(connection: BaseDatabaseWrapper, schema: str, tables: Collection[str]) -> list[Index]:
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [schema, list(tables)])
        return [Index(*row) for row in cursor.fetchall()]


def drop(connection: BaseDatabaseWrapper, schema: str, index: Index) -> None:
    with connection.cursor() as cursor:
        if index.constraint:
            cursor.execute(f'ALTER TABLE {schema}.{index.table} DROP CONSTRAINT "{index.constraint}"')
        else:
            cursor.execute(f'DROP INDEX {schema}."{index.name}"')


def make(
    connection: BaseDatabaseWrapper, schema: str, table: str, indexes: Collection[Index], *, like: str
) -> None:
    """Of one table, as the table of that name in the schema `like` has them; and the planner learns what it holds."""
    with connection.cursor() as cursor:
        for index in indexes:
            if index.constraint:
                cursor.execute(
                    f'ALTER TABLE {schema}.{table} ADD CONSTRAINT "{index.constraint}" {index.constraint_definition}'
                )
            else:
                cursor.execute(index.definition.replace(f" ON {like}.", f" ON {schema}.", 1))
        cursor.execute(f"ANALYZE {schema}.{table}")
