"""A replica holds what its primary holds, and nobody else writes to it."""

import psycopg
import pytest

from stack.postgres import PostgresServer
from stack.postgres_replica import PostgresReplica
from tests.shopping import eventually

pytestmark = pytest.mark.postgres


@pytest.fixture
def primary():
    with PostgresServer(fsync=False) as server:
        yield server


def test_it_follows_its_primary_and_refuses_to_write(primary):
    write(primary, "CREATE TABLE notes (text text)")

    with PostgresReplica(primary) as replica:
        write(primary, "INSERT INTO notes VALUES ('after the copy')")

        assert eventually(lambda: notes(replica), within=10) == [("after the copy",)]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            write(replica, "INSERT INTO notes VALUES ('by somebody')")


def write(server, statement):
    with psycopg.connect(server.url()) as connection:
        connection.execute(statement)


def notes(server):
    with psycopg.connect(server.url()) as connection:
        return connection.execute("SELECT text FROM notes").fetchall()
