"""A commit that need not last, for what is done again if it is missing."""

from django.db import connections


def need_not_last(using: str) -> None:
    """Let this transaction's commit return before it is on the disk.

    A crash of the server may take back what committed so in the second before it: the last of it, never something
    in between, and nothing that committed before a durable one. SQLite decides that for the whole database.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit TO off")
