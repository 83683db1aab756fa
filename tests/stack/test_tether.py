import subprocess
import sys

import pytest

from stack import CODE_DIR
from stack.tether import tethered
from tests.stack.processes import becomes_true, is_alive


def test_the_command_keeps_its_words_and_its_exit_status() -> None:
    done = subprocess.run(tethered("sh", "-c", 'echo "$1"; exit 7', "sh", "two  words"), capture_output=True)

    assert done.stdout == b"two  words\n"
    assert done.returncode == 7


@pytest.mark.parametrize("signal_name", ["SIGTERM", "SIGKILL"])
def test_the_command_ends_when_its_parent_is_killed(signal_name: str) -> None:
    parent = (
        "import subprocess, time; from stack.tether import tethered\n"
        f"child = subprocess.Popen(tethered('sleep', '60', signal_name='{signal_name}'))\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], cwd=CODE_DIR, stdout=subprocess.PIPE) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        assert becomes_true(lambda: b"sleep" in open_command_line(child))

        process.kill()

    assert becomes_true(lambda: not is_alive(child))


def test_it_refuses_to_start_when_the_parent_has_ended_already() -> None:
    words = tethered("echo", "started")
    words[words.index("--parent") + 1] = "1"

    done = subprocess.run(words, capture_output=True, text=True)

    assert done.returncode != 0
    assert done.stdout == ""
    assert "the parent ended" in done.stderr


def test_a_command_that_is_not_there_is_named() -> None:
    done = subprocess.run(tethered("no-such-command"), capture_output=True, text=True)

    assert done.returncode == 1
    assert "no-such-command: No such file" in done.stderr


def open_command_line(pid: int) -> bytes:
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read()
