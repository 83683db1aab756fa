import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection

from stack import CODE_DIR, StackError
from stack.rabbit import RabbitServer, rabbit_script
from tests.stack.processes import becomes_true, is_alive


def is_installed() -> bool:
    try:
        return rabbit_script("rabbitmq-server").is_file()
    except StackError:
        return False


pytestmark = pytest.mark.skipif(not is_installed(), reason="RabbitMQ is not installed")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    with RabbitServer(tmp_path_factory.mktemp("rabbit")) as server:
        yield server


@pytest.fixture
def waiting(server: RabbitServer) -> str:
    """A queue in which one message waits, which the server has confirmed to be on disk."""
    confirming = Connection(server.url, transport_options={"confirm_publish": True})
    with confirming as connection, connection.SimpleQueue("orders") as queue:
        queue.clear()
        queue.put({"position": 1})
    return "orders"


def test_it_keeps_address_and_messages_through_a_kill(server: RabbitServer, waiting: str) -> None:
    url = server.url

    server.restart()

    assert server.url == url
    assert server.depths() == {waiting: 1}


def test_purged_it_keeps_the_queue_alone(server: RabbitServer, waiting: str) -> None:
    server.purge()

    assert server.depths() == {waiting: 0}


def test_restarted_empty_it_knows_nothing(server: RabbitServer, waiting: str) -> None:
    server.restart(empty=True)

    assert server.depths() == {}


def test_it_disconnects_its_clients(server: RabbitServer) -> None:
    with Connection(server.url) as connection:
        connection.connect()

        server.disconnect_clients()

        with pytest.raises(connection.connection_errors):
            connection.drain_events(timeout=5)


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    script = (
        "import pathlib, sys, time\nfrom stack.rabbit import RabbitServer\n"
        f"server = RabbitServer(pathlib.Path({str(tmp_path)!r}))\n"
        "server.start()\nprint(server.pid, flush=True)\ntime.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=CODE_DIR, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        server = int(parent.stdout.readline())
        parent.kill()

    assert becomes_true(lambda: not is_alive(server))
