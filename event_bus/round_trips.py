"""Fewer waits for the database: statements that need no answer of each other go to it together.

PostgreSQL's pipeline mode: https://www.postgresql.org/docs/current/libpq-pipeline-mode.html. SQLite needs none: it is
called, not sent to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import connections


@contextmanager
def together(using: str) -> Iterator[None]:
    """Statements are sent without waiting, until one's rows are read or the block ends, which raises what went wrong.

    Inside of a transaction, whose BEGIN goes with them. Neither COPY nor `QuerySet.iterator()` belong here.
    """
    connection = connections[using]
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.wrap_database_errors, cast(Any, connection.connection).pipeline():
        yield


def need_not_last(using: str) -> None:
    """Let this transaction's commit return before it is on the disk: a crash of the server may undo it, and with it
    whatever else committed so in the second before, never only what came earlier.

    For what is done again if it is missing. It goes with the next statement, inside of `together`.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
