"""Figures of the results that `make bench` keeps."""

import json
import math
import re
from pathlib import Path

from benchmarks.simulation.measured import read
from benchmarks.speed.figures import Result
from benchmarks.speed.web import WORKERS
from stack import CODE_DIR, StackError

RESULTS = CODE_DIR / "benchmarks" / "results"
STORAGE = CODE_DIR / "docs" / "storage.md"


def kept(part: str) -> Path:
    """Raises StackError."""
    file = RESULTS / "full" / f"{part}.json"
    if not file.exists():
        raise StackError(f"There is no result of {part}: make bench ONLY={part}")
    return file


def bytes_a_row() -> dict[str, int]:
    """With every index, by table, as docs/storage.md says."""
    found: dict[str, int] = {}
    table = ""
    for line in STORAGE.read_text().splitlines():
        if named := re.match(r" +│ (\w+) ", line):
            table = named[1]
        elif together := re.match(r" +│   together +│ +[\d,]+ │ +([\d,]+) │", line):
            found[table] = int(together[1].replace(",", ""))
    return found


def drained() -> float:
    """Events a second of one worker."""
    measurement = read(kept("growth"))
    point = measurement.point("drained")
    assert point, "read sees to it"
    return point.value


def pages() -> float:
    """A second, of one web process."""
    for figure in result("query").figures:
        if (figure.contender, figure.metric) == ("order history", "answers"):
            return figure.median / WORKERS
    raise StackError(f"{kept('query')} has no rate of the order history")


def pace(contender: str) -> float:
    rates = [f.median for f in result("bulk").figures if (f.contender, f.metric) == (contender, "pace")]
    if not rates:
        raise StackError(f"{kept('bulk')} has no pace of {contender}")
    return rates[-1]


def broker() -> float:
    found = [f.median for f in result("growth").figures if f.metric == "memory of the broker, at most"]
    if not found:
        raise StackError(f"{kept('growth')} has no memory of the broker")
    return max(found)


def cpu() -> str:
    """Milliseconds."""
    names = ("relay", "history workers", "PostgreSQL", "broker")
    of = {f.metric: f.median for f in result("growth").figures if f.contender == "1 worker"}
    return ", ".join(f"{of.get(f'CPU of {name}', math.nan):.3f}" for name in names)


def result(part: str) -> Result:
    return Result.from_json(json.loads(kept(part).read_text()))


def name(part: str) -> str:
    return f"`{kept(part).relative_to(RESULTS)}`"
