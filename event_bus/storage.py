"""What a row costs to store, by the databases' own figures."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.apps import apps
from django.db import DatabaseError, OperationalError, connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

FEWEST_ROWS = 1_000
"""With fewer, the pages that every table has say more than the rows do."""

GIGABYTE = 10**9


class NoFigures(Exception):
    """The database does not say how large its tables are."""


@dataclass(frozen=True)
class Stored:
    """One table or index; `rows` are those of its table."""

    app: str
    table: str
    index: str
    """Empty for the table itself."""
    rows: int
    bytes: int

    @property
    def bytes_per_row(self) -> float | None:
        """None if the table holds too few rows to say."""
        return self.bytes / self.rows if self.rows >= FEWEST_ROWS else None


def measure() -> list[Stored]:
    """Every table of every installed app, each followed by its indexes. Raises NoFigures."""
    return [
        stored
        for model in apps.get_models()
        for stored in _measure_table(
            connections[router.db_for_read(model)], model._meta.app_label, model._meta.db_table
        )
    ]


def dollars_a_month(bytes_: float, *, price: float) -> float:
    """`price`: dollars for a gigabyte (10⁹ bytes) and month."""
    return bytes_ / GIGABYTE * price


def _measure_table(connection: BaseDatabaseWrapper, app: str, table: str) -> Iterator[Stored]:
    with connection.cursor() as cursor:
        try:
            cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608
        except DatabaseError as error:
            raise NoFigures(f"{table} cannot be read (manage.py migrate?): {error}") from error
        rows = int(cursor.fetchone()[0])
        try:
            cursor.execute(_SIZES[connection.vendor], [table, table])
        except OperationalError as error:
            raise NoFigures("this SQLite was built without dbstat: use PostgreSQL for figures") from error
        for name, size in cursor.fetchall():
            yield Stored(
                app=app, table=table, index="" if name == table else name, rows=rows, bytes=int(size)
            )


_SIZES = {
    # A table with what lies beside it (TOAST, maps of free space), then its indexes.
    "postgresql": """
        SELECT relname, pg_table_size(oid) FROM pg_class WHERE oid = to_regclass(%s)
        UNION ALL
        SELECT relname, pg_relation_size(oid) FROM pg_class
        WHERE oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = to_regclass(%s))
    """,
    "sqlite": """
        SELECT name, sum(pgsize) FROM dbstat
        WHERE name = %s OR name IN (SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = %s)
        GROUP BY name
    """,
}
