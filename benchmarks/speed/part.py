"""`python -m benchmarks.speed.part NAME`: one part in a process of its own, its result as JSON in a file."""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from benchmarks.speed.scale import Scale
from stack import CODE_DIR, StackError
from stack.console import complain

PARTS = ("query", "flat", "pipeline", "losses", "writing", "bulk", "growth")
"""Modules of this package with `run(scale, say) -> Result`, in the order of the report."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.part", description=__doc__)
    parser.add_argument("name", choices=PARTS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()
    module = importlib.import_module(f"benchmarks.speed.{options.name}")
    began, pace = time.monotonic(), _pace()
    try:
        result = module.run(Scale(full=not options.quick), _say)
    except KeyboardInterrupt:
        return 130
    except StackError as error:
        complain(error)
        return 2
    result = replace(
        result,
        seconds=round(time.monotonic() - began, 1),
        cores=os.cpu_count() or 0,
        measured=(
            f"Measured on {datetime.now(UTC):%Y-%m-%d}, commit {_commit()}. A byte to another process and back took "
            f"{pace:.0f} µs before and {_pace():.0f} µs after."
        ),
    )
    options.json.write_text(json.dumps(result.as_json(), indent=1) + "\n")
    return 0


def _pace() -> float:
    """Microseconds: what to hold absolute figures of two runs against each other by. Servers do little else."""
    ours, theirs = Pipe()
    echo = Process(target=_echo, args=[theirs], daemon=True)
    echo.start()
    took = []
    for _ in range(5_000):
        began = time.perf_counter()
        ours.send_bytes(b"?")
        ours.recv_bytes()
        took.append(time.perf_counter() - began)
    echo.terminate()
    echo.join()
    return 1_000_000 * median(took)


def _echo(theirs: Connection) -> None:
    while True:
        theirs.send_bytes(theirs.recv_bytes())


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=CODE_DIR
    )
    return done.stdout.strip() or "unknown"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
