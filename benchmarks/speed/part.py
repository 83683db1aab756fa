"""`python -m benchmarks.speed.part NAME`: one part in a process of its own, its result as JSON in a file."""

import argparse
import importlib
import json
import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.speed import machine
from benchmarks.speed.scale import Scale
from stack import StackError
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
    began, pace = time.monotonic(), machine.pace()
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
        machine=machine.described(),
        measured=(
            f"Measured on {datetime.now(UTC):%Y-%m-%d}, commit {machine.commit()}. "
            f"A byte to another process and back took {pace:.0f} µs before and {machine.pace():.0f} µs after."
        ),
    )
    options.json.write_text(json.dumps(result.as_json(), indent=1) + "\n")
    return 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
