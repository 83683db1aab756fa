import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import CODE_DIR, StackError
from stack.procfile import programs
from stack.supervisor import Program, Supervisor
from tests.stack.processes import becomes_true, is_alive

SLEEPER = Program("sleeper", "echo 'awake with 100%'; exec sleep 600")
FLAPPER = Program("flapper", "sleep 2; echo 'cannot go on'; exit 3")
BROKEN = Program("broken", "echo 'cannot start'; exit 3")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    data_dir = tmp_path / "100% odd; with # characters"
    data_dir.mkdir()
    supervisor = Supervisor([SLEEPER, FLAPPER, BROKEN], data_dir=data_dir, env=environment())
    supervisor.start()
    yield supervisor
    supervisor.stop()


def environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def test_nothing_runs_until_it_is_started(supervisor: Supervisor) -> None:
    assert supervisor.pid("sleeper") is None
    assert supervisor.state("sleeper") == "STOPPED"


def test_a_killed_program_is_started_again(supervisor: Supervisor) -> None:
    supervisor.start_program("sleeper")
    before = supervisor.pid("sleeper")

    supervisor.signal_program("sleeper", "KILL")

    assert becomes_true(lambda: supervisor.pid("sleeper") not in (None, before))


def test_a_stopped_program_stays_stopped(supervisor: Supervisor) -> None:
    supervisor.start_program("sleeper")

    supervisor.stop_program("sleeper")

    assert supervisor.state("sleeper") == "STOPPED"


def test_what_a_program_says_is_in_its_log(supervisor: Supervisor) -> None:
    supervisor.start_program("sleeper")

    assert becomes_true(lambda: "awake with 100%" in supervisor.log("sleeper").read_text())


def test_a_program_that_ends_at_once_is_named_with_its_log(supervisor: Supervisor) -> None:
    with pytest.raises(StackError, match="broken does not start") as caught:
        supervisor.start_program("broken")

    assert caught.value.log == supervisor.log("broken")
    assert "cannot start" in supervisor.log("broken").read_text()


def test_a_program_that_keeps_dying_is_noticed(supervisor: Supervisor) -> None:
    supervisor.start_program("flapper")

    def is_noticed() -> bool:
        try:
            supervisor.watch()
        except StackError as error:
            return "flapper keeps dying" in str(error)
        return False

    assert becomes_true(is_noticed, seconds=15)


def test_no_program_survives_a_killed_supervisor(supervisor: Supervisor) -> None:
    supervisor.start_program("sleeper")
    pid = supervisor.pid("sleeper") or 0

    supervisor._process.kill()

    assert becomes_true(lambda: not is_alive(pid))
    with pytest.raises(StackError, match="has ended"):
        supervisor.watch()


def test_no_program_survives_whoever_started_the_supervisor(tmp_path: Path) -> None:
    script = (
        "import os, sys, time; from pathlib import Path; from stack.supervisor import Program, Supervisor\n"
        "s = Supervisor([Program('one', 'exec sleep 600')], data_dir=Path(sys.argv[1]), env=os.environ)\n"
        "s.start(); s.start_program('one'); print(s.pid('one'), flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=CODE_DIR, env=environment(), stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        parent.kill()

    assert becomes_true(lambda: not is_alive(pid))


def test_it_works_where_paths_are_too_long_for_a_socket(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long" * 40)
    data_dir.mkdir()
    supervisor = Supervisor([SLEEPER], data_dir=data_dir, env=environment())
    supervisor.start()
    try:
        supervisor.start_program("sleeper")

        assert supervisor.state("sleeper") == "RUNNING"
    finally:
        supervisor.stop()


def test_the_procfile_names_everything_that_runs() -> None:
    assert list(programs()) == ["web", "relay", "history", "beat"]


def test_a_line_of_the_procfile_that_makes_no_sense_is_named(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("# processes\n\nweb gunicorn\n")

    with pytest.raises(StackError, match=r"Procfile:3: expected `name: command`"):
        programs(tmp_path / "Procfile")
