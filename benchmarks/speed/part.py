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
from pathlib import Path

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
            f"Measured on {datetime.now(UTC):%Y-%m-%d}, commit {_commit()}. A loop of a million additions in Python "
            f"took this machine {pace:.0f} ms before and {_pace():.0f} ms after."
        ),
    )
    options.json.write_text(json.dumps(result.as_json(), indent=1) + "\n")
    return 0


def _pace() -> float:
    """Milliseconds of processor time: what absolute figures of two runs can be held against each other by."""
    began, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number
    return 1000 * (time.process_time() - began)


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=CODE_DIR
    )
    return done.stdout.strip() or "unknown"


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
