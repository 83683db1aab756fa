"""Indexes that a spare set does without while it is filled, on PostgreSQL.

Made at once of all rows, they take a fraction of what keeping them beside each row does:
https://www.postgresql.org/docs/current/populate.html. What they are is read from the tables that serve, so whatever
an operator has added there comes with them.
"""

from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

Connect = Callable[[], BaseDatabaseWrapper]

_INDEXES = """
SELECT relation.relname, index.relname, pg_get_indexdef(index.oid), constrained.conname,
    pg_get_constraintdef(constrained.oid),
    CASE WHEN constrained.condeferrable OR entry.indisexclusion THEN NULL
        WHEN constrained.contype = 'p' THEN 'PRIMARY KEY' WHEN constrained.contype = 'u' THEN 'UNIQUE' END,
    entry.indisunique,
    entry.indnkeyatts = 1 AND EXISTS (
        SELECT 1 FROM pg_attribute
        WHERE attrelid = relation.oid AND attnum = entry.indkey[0] AND attidentity <> ''
    ) AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE contype = 'f' AND conindid = index.oid)
FROM pg_index AS entry
JOIN pg_class AS index ON index.oid = entry.indexrelid
JOIN pg_class AS relation ON relation.oid = entry.indrelid
LEFT JOIN pg_constraint AS constrained ON constrained.conindid = index.oid AND constrained.contype IN ('p', 'u', 'x')
WHERE relation.relnamespace = %s::regnamespace AND relation.relname = ANY(%s) AND entry.indisvalid
ORDER BY relation.relname, index.oid
"""


class Index(NamedTuple):
    table: str
    name: str
    definition: str
    constraint: str | None
    """The name of the constraint that it is there for, if it is."""
    constraint_definition: str | None
    adopted_as: str | None
    """What such a constraint is called where it is made of an index that is there; None if it cannot be."""
    unique: bool
    numbered: bool
    """Of a number that the database gives to each row, and that nothing refers to: no event relies on it."""


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


def make(connect: Connect, schema: str, tables: Collection[str], *, like: str, sessions: int) -> None:
    """The indexes that the tables have in the schema `like` and lack in this one, each in one of so many sessions."""
    there, wanted = _indexes(connect, tables, schema, like)
    names = {index.name for index in there}
    missing = [index for index in wanted if index.name not in names]
    creatable = [index for index in missing if index.adopted_as or not index.constraint]
    _run(connect, [_creation(index, schema, like) for index in creatable], sessions)


def constrain(connect: Connect, schema: str, tables: Collection[str], *, like: str, sessions: int) -> None:
    """The constraints that the indexes are there for."""
    there, wanted = _indexes(connect, tables, schema, like)
    constraints = {index.constraint for index in there}
    _run(
        connect,
        [_constraint(i, schema) for i in wanted if i.constraint and i.constraint not in constraints],
        sessions,
    )


def analyze(connect: Connect, schema: str, tables: Collection[str], *, sessions: int) -> None:
    """Tell the planner what they hold."""
    _run(connect, [f"ANALYZE {schema}.{table}" for table in tables], sessions)


def _indexes(connect: Connect, tables: Collection[str], *schemas: str) -> list[list[Index]]:
    connection = connect()
    try:
        return [indexes_of(connection, schema, tables) for schema in schemas]
    finally:
        connection.close()


def _creation(index: Index, schema: str, like: str) -> str:
    return index.definition.replace(f" ON {like}.", f" ON {schema}.", 1)


def _constraint(index: Index, schema: str) -> str:
    definition = (
        f'{index.adopted_as} USING INDEX "{index.name}"' if index.adopted_as else index.constraint_definition
    )
    return f'ALTER TABLE {schema}.{index.table} ADD CONSTRAINT "{index.constraint}" {definition}'


def _run(connect: Connect, statements: Iterable[str], sessions: int) -> None:
    def run(statement: str) -> None:
        connection = connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()

    with ThreadPoolExecutor(sessions) as pool:
        list(pool.map(run, statements))
