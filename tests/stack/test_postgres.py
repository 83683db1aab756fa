import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from stack import CODE_DIR
from stack.postgres import PostgresServer
from tests.stack.processes import becomes_true, is_alive


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


def test_it_does_not_run_as_root(server: PostgresServer) -> None:
    with psycopg.connect(server.url()) as connection:
        directory = connection.execute("SHOW data_directory").fetchone()

    assert directory
    assert os.stat(directory[0]).st_uid != 0


def test_it_wants_its_password(server: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url().replace(server.password, "guess"))


def test_what_was_committed_survives_a_kill(server: PostgresServer) -> None:
    url = server.create_database("shop")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE fact AS SELECT 42 AS answer")

    server.restart()

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT answer FROM fact").fetchone() == (42,)


def test_stopped_it_leaves_nothing() -> None:
    server = PostgresServer(fsync=False)
    server.start()
    server.stop()

    assert not server.is_running()
    assert not server.directory.exists()


def test_it_ends_with_whoever_started_it() -> None:
    starter = (
        "import time; from stack.postgres import PostgresServer; server = PostgresServer(fsync=False)\n"
        "server.start(); print(server._process.pid, server.directory, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter], cwd=CODE_DIR, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        pid, directory = parent.stdout.readline().split()
        os.kill(parent.pid, signal.SIGKILL)

    assert becomes_true(lambda: not is_alive(int(pid)))
    subprocess.run(["rm", "-rf", directory], check=True)
