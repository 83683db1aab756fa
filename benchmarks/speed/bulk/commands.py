"""A management command, timed, with the most memory that one of its processes took."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass

from stack import CODE_DIR, StackError


@dataclass(frozen=True)
class Run:
    seconds: float
    peak: float
    """MB, of the largest process."""
    said: str


def manage(env: Mapping[str, str], *arguments: str) -> Run:
    """Raises StackError if it fails."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "manage.py", *arguments],
            cwd=CODE_DIR,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        said = output.read()
    if process.returncode:
        raise StackError(f"manage.py {' '.join(arguments)} failed ({process.returncode}):\n{said[-2000:]}")
    return Run(seconds, used.ru_maxrss / 1000, said)
