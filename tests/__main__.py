"""`python -m tests`: the whole suite, on SQLite and on PostgreSQL at once, with pytest's own arguments.

Live tests wait more than they compute, so that two runs hardly take longer than one. What the run on PostgreSQL
prints follows what the one on SQLite did. Ends with 0 if both do.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

from stack import CODE_DIR
from stack.tether import tethered


def main() -> int:
    with tempfile.NamedTemporaryFile(prefix="shop-tests-") as said:
        first = _pytest("sqlite")
        second = _pytest("postgres", stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
        try:
            first.wait()
            _show(second, Path(said.name))
        except KeyboardInterrupt:  # it has reached both, which put away what they started
            first.wait()
            second.wait()
            return 130
    return first.returncode or second.returncode


def _pytest(
    database: str, *, stdin: int | None = None, stdout: IO[bytes] | None = None, stderr: int | None = None
) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-m", "pytest", "--database", database, *sys.argv[1:]]
    return subprocess.Popen(tethered(*words), cwd=CODE_DIR, stdin=stdin, stdout=stdout, stderr=stderr)


def _show(process: "subprocess.Popen[bytes]", said: Path) -> None:
    """What it has printed until now, and what it goes on to print until it ends."""
    with said.open("rb") as file:
        has_ended = False
        while not has_ended:
            has_ended = process.poll() is not None
            sys.stdout.buffer.write(file.read())
            sys.stdout.flush()
            time.sleep(0 if has_ended else 0.2)


if __name__ == "__main__":
    sys.exit(main())
