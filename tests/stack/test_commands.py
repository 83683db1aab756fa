import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from stack import CODE_DIR
from stack.commands.demo import summary
from stack.ports import free_port
from stack.supervisor import Program
from tests.databases import Servers
from tests.stack.processes import becomes_true

STACK = [sys.executable, "-m", "stack"]


@pytest.fixture
def env(servers: Servers, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A person's: nothing running, a DATA_DIR with a space in it."""
    own = {name: value for name, value in os.environ.items() if name != "CELERY_BROKER_URL"}
    with servers.new_databases() as databases:
        yield {**own, **databases, "DATA_DIR": str(tmp_path / "a shop")}


def stack(*words: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*STACK, *words], cwd=CODE_DIR, env=env, capture_output=True, text=True, timeout=300
    )


def test_exec_returns_the_status_of_its_command_and_leaves_nothing_running(env: dict[str, str]) -> None:
    done = stack("exec", "--", "sh", "-c", "echo it runs; exit 7", env=env)

    assert done.returncode == 7, done.stderr
    assert "it runs" in done.stdout
    assert processes_in(env["DATA_DIR"]) == []


def test_run_answers_until_it_is_told_to_stop(env: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    output = tmp_path / "output"
    with (
        output.open("w") as file,
        subprocess.Popen([*STACK, "run"], cwd=CODE_DIR, env={**env, "PORT": str(port)}, stdout=file) as run,
    ):
        started = becomes_true(lambda: f"http://127.0.0.1:{port}/" in output.read_text(), seconds=120)
        answered = status_of(port)
        run.send_signal(signal.SIGTERM)
        status = run.wait(timeout=30)

    assert started, output.read_text()
    assert answered < 500
    assert status == 0
    assert processes_in(env["DATA_DIR"]) == []


def test_nothing_is_left_of_a_run_that_was_killed(env: dict[str, str], tmp_path: Path) -> None:
    port = str(free_port())
    output = tmp_path / "output"
    with (
        output.open("w") as file,
        subprocess.Popen([*STACK, "run"], cwd=CODE_DIR, env={**env, "PORT": port}, stdout=file) as run,
    ):
        started = becomes_true(lambda: "Ctrl-C stops it" in output.read_text(), seconds=120)
        run.kill()

    assert started, output.read_text()
    # The shop's programs, then the broker: who does not end when told to is killed.
    assert becomes_true(lambda: processes_in(env["DATA_DIR"]) == [], seconds=2 * Program.stop_seconds)


def test_a_port_in_use_is_named_with_the_way_to_choose_another(env: dict[str, str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]

        done = stack("run", env={**env, "PORT": str(port)})

    assert done.returncode == 1
    assert f"Port {port} of 127.0.0.1 is in use" in done.stderr
    assert "make run" in done.stderr


def test_a_data_dir_that_cannot_be_written_to_is_named(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = stack("exec", "--", "true", env={**env, "DATA_DIR": str(tmp_path / "file" / "below")})

    assert done.returncode == 1
    assert "cannot be written to" in done.stderr


def test_a_shop_that_is_not_there_is_named(env: dict[str, str]) -> None:
    done = stack("demo", "no/such/shop", env=env)

    assert done.returncode == 1
    assert "no/such/shop: no such folder" in done.stderr


def test_a_failed_import_fails_the_demo(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    done = stack("demo", str(tmp_path / "empty"), env=env)

    assert done.returncode == 1
    assert "import_shop failed" in done.stderr
    assert processes_in(env["DATA_DIR"]) == []


def test_the_rate_is_told_only_of_imports_large_enough_to_have_one() -> None:
    assert summary(46_647, 20) == "46,647 events reached the history in 20.0 s: 2,332 a second"
    assert summary(374, 4) == "374 events reached the history in 4.0 s"
    assert summary(0, 4) == "Nothing new to import: the history is complete."


def processes_in(data_dir: str) -> list[str]:
    """Command lines of all processes that were started for that DATA_DIR."""
    wanted = f"DATA_DIR={data_dir}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_text())
        except OSError:
            continue
    return found


def status_of(port: int) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().status


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"CELERY_BROKER_URL": "redis://:secret@127.0.0.1:1/0"}, "No broker answers at CELERY_BROKER_URL="),
        ({"CELERY_BROKER_URL": "nonsense"}, "No broker answers at CELERY_BROKER_URL=nonsense"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL is no address like postgres://"),
        ({"DATABASE_URL": "postgres://a:b@127.0.0.1:1/shop"}, "connection to server at"),
        (
            dict.fromkeys(("DATABASE_URL", "ORDER_HISTORY_DATABASE_URL"), "postgres://a:b@127.0.0.1:1/shop"),
            "name one database",
        ),
    ],
)
def test_a_wrong_address_is_named_in_plain_words(
    env: dict[str, str], wrong: dict[str, str], says: str
) -> None:
    done = stack("demo", env={**env, **wrong})

    assert done.returncode == 1
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("port", ["abc", "99999", "0"])
def test_a_wrong_port_is_named_in_plain_words(env: dict[str, str], port: str) -> None:
    done = stack("run", env={**env, "PORT": port})

    assert done.returncode == 1
    assert f"PORT={port} is no port" in done.stderr
