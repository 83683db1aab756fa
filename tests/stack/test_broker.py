import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import redis

from stack import CODE_DIR
from stack.broker import Broker, answers
from stack.broker_server import BrokerServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BrokerServer]:
    with BrokerServer(tmp_path / "with a space") as server:
        yield server


def test_it_answers_those_who_know_the_password_only(server: BrokerServer) -> None:
    port = urlsplit(server.url).port

    assert answers(server.url)
    assert not answers(f"redis://127.0.0.1:{port}/0")
    assert not answers(f"redis://:guess@127.0.0.1:{port}/0")


def test_nobody_else_can_read_the_password(server: BrokerServer) -> None:
    for name in ("url", "broker.conf"):
        assert stat.S_IMODE((server.directory / name).stat().st_mode) == 0o600


def test_it_never_evicts_and_listens_to_this_machine_only(server: BrokerServer) -> None:
    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("bind") == {"bind": "127.0.0.1"}


def test_it_keeps_address_and_contents_through_a_kill(server: BrokerServer) -> None:
    url = server.url
    with redis.Redis.from_url(url) as client:
        client.lpush("queue", "message")
        time.sleep(1.2)  # appendfsync everysec

        server.restart()

        assert server.url == url
        assert client.lrange("queue", 0, -1) == [b"message"]


def test_it_can_come_back_empty(server: BrokerServer) -> None:
    with redis.Redis.from_url(server.url) as client:
        client.lpush("queue", "message")

        server.restart(empty=True)

        assert client.dbsize() == 0


def test_paused_it_hangs_and_resumed_it_answers(server: BrokerServer) -> None:
    server.pause()
    hung = not answers(server.url)
    server.resume()

    assert hung
    assert answers(server.url)


def test_it_takes_another_port_when_its_own_is_in_use(tmp_path: Path) -> None:
    broker = Broker(tmp_path)
    broker.prepare()
    first = urlsplit(broker.url or "")

    with closing(socket.create_server(("127.0.0.1", first.port or 0))), BrokerServer(tmp_path) as server:
        second = urlsplit(server.url)

        assert answers(server.url)
        assert second.port != first.port
        assert second.password == first.password


def test_started_twice_the_second_waits_and_takes_over_when_the_first_ends(tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "stack.broker", str(tmp_path)]
    broker = Broker(tmp_path)
    with subprocess.Popen(launch, cwd=CODE_DIR, stdout=subprocess.DEVNULL) as first:
        broker.wait_until_it_answers()
        url = broker.url
        with subprocess.Popen(launch, cwd=CODE_DIR, stdout=subprocess.DEVNULL) as second:
            time.sleep(0.5)
            one_server = process_id_of_server(broker) == first.pid

            first.kill()
            first.wait()
            broker.wait_until_it_answers()
            taken_over = process_id_of_server(broker) == second.pid
            second.terminate()

    assert one_server
    assert taken_over
    assert broker.url == url


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    starter = (
        "import sys, time; from pathlib import Path; from stack.broker_server import BrokerServer\n"
        "server = BrokerServer(Path(sys.argv[1])); server.start(); print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter, str(tmp_path)], cwd=CODE_DIR, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout
        parent.stdout.readline()
        answered = Broker(tmp_path).answers()
        os.kill(parent.pid, signal.SIGKILL)

    assert answered
    assert stops_answering(Broker(tmp_path))


def process_id_of_server(broker: Broker) -> int:
    with redis.Redis.from_url(broker.url or "") as client:
        return int(client.info("server")["process_id"])


def stops_answering(broker: Broker, *, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while broker.answers() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not broker.answers()
