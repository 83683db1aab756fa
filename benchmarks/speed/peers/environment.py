"""A Python environment with a peer's pinned packages, made once and kept until its requirements change."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from stack import StackError
from stack.tether import tethered

DONE = "requirements-installed"


def environment(folder: Path, requirements: Path, *, python: tuple[int, int] = (3, 11)) -> Path:
    """Its interpreter. Raises StackError if there is no Python as new as `python`, or a package is not to be had."""
    interpreter = interpreter_since(python)
    wanted = hashlib.sha256(f"{interpreter}\n{requirements.read_text()}".encode()).hexdigest()
    done = folder / DONE
    if not done.exists() or done.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        log = folder.with_suffix(".log")
        _run(log, interpreter, "-m", "venv", str(folder))
        _run(log, str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "-r", str(requirements))
        done.write_text(wanted)
    return folder / "bin" / "python"


def interpreter_since(version: tuple[int, int]) -> str:
    """Raises StackError if none is found."""
    if sys.version_info[:2] >= version:
        return sys.executable
    for candidate in _candidates(version):
        # What pyenv puts on the PATH may be there and not run.
        if (
            subprocess.run([candidate, "-c", "import ssl, venv"], capture_output=True, check=False).returncode
            == 0
        ):
            return candidate
    raise StackError(f"Python {version[0]}.{version[1]} or newer is not here, which this peer needs.")


def _candidates(version: tuple[int, int]) -> Iterator[str]:
    names = [f"python{version[0]}.{minor}" for minor in range(version[1], version[1] + 4)]
    yield from filter(None, map(shutil.which, names))
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for name in names:
        yield from map(str, pyenv.glob(f"*/bin/{name}"))


def _run(log: Path, *command: str) -> None:
    with log.open("ab") as lines:
        done = subprocess.run(tethered(*command), stdout=lines, stderr=lines, timeout=600, check=False)
    if done.returncode:
        raise StackError("A peer's packages cannot be installed.", log=log)
