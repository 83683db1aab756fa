import sys
from pathlib import Path

import pytest

from benchmarks.speed.peers.environment import environment, interpreter_since
from stack import StackError


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("# nothing, so that nothing is downloaded\n")
    return file


def test_an_environment_is_kept_until_its_requirements_change(tmp_path: Path, requirements: Path) -> None:
    folder = tmp_path / "environment"
    environment(folder, requirements)
    (folder / "mark").touch()

    environment(folder, requirements)
    kept = (folder / "mark").exists()
    requirements.write_text("# still nothing\n")
    python = environment(folder, requirements)

    assert kept
    assert not (folder / "mark").exists()
    assert python.exists()


def test_a_python_that_is_too_new_to_be_here_is_asked_for() -> None:
    with pytest.raises(StackError, match=r"Python 3\.90 or newer"):
        interpreter_since((3, 90))

    assert interpreter_since((3, 11)) == sys.executable
