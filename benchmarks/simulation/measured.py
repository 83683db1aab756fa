"""Points that were measured, read from the results of the parts `growth` and `pipeline`."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from benchmarks.speed.figures import Result
from benchmarks.speed.pipeline.ours import Ours

DRAINED, P50, P99 = "drained", "p50", "p99"
UNITS = {DRAINED: "events/s", P50: "ms", P99: "ms"}


class Unreadable(Exception):
    """The file holds nothing that can be predicted."""


@dataclass(frozen=True)
class Point:
    """`drained`: a backlog worked off; `p50` and `p99`: from commit to visible, at `offered` events a second."""

    kind: str
    value: float
    workers: int
    partitions: int | None
    """None: as it is set by default."""
    offered: float = 0.0

    @property
    def name(self) -> str:
        where = f"{self.offered:,.0f}/s offered" if self.offered else "a backlog"
        partitions = f", {_several(self.partitions, 'partition')}" if self.partitions else ""
        return f"{where}, {_several(self.workers, 'worker')}{partitions}, {self.kind}"


@dataclass(frozen=True)
class Measurement:
    part: str
    cores: int
    """Of the machine; 0 if the file does not say."""
    points: list[Point]
    cpu: dict[str, float]
    """Milliseconds of processor time an event: `relay`, `history workers`, `PostgreSQL`, `broker`, or `all`."""

    def point(self, kind: str, *, offered: float = 0.0) -> Point | None:
        """Of one worker, with the most partitions that were tried."""
        found = [one for one in self.points if (one.kind, one.offered, one.workers) == (kind, offered, 1)]
        return max(found, key=lambda one: one.partitions or 0, default=None)


def read(file: Path) -> Measurement:
    """Raises Unreadable, with what is wrong with the file."""
    try:
        result = Result.from_json(json.loads(file.read_text()))
    except OSError as error:
        raise Unreadable(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError) as error:
        raise Unreadable(f"{file} is no result of the benchmark: {error}") from error
    reader = {"growth": _growth, "pipeline": _pipeline}.get(result.part)
    if reader is None:
        raise Unreadable(
            f"{file} is of the part {result.part!r}; what can be predicted is growth and pipeline"
        )
    points, cpu = reader(result)
    if not any(point.kind == DRAINED and point.workers == 1 for point in points):
        raise Unreadable(f"{file} has no backlog that one worker drained, so nothing to calibrate on")
    return Measurement(result.part, result.cores, points, cpu)


def _growth(result: Result) -> tuple[list[Point], dict[str, float]]:
    points, cpu = [], {}
    for figure in result.figures:
        workers = _number(r"(\d+) workers?", figure.contender)
        partitions = _number(r"(\d+) partitions?", figure.setting)
        if not workers or not partitions:
            continue
        if figure.metric == "events drained":
            points.append(Point(DRAINED, figure.median, workers, partitions))
        elif figure.metric.startswith("CPU of ") and workers == 1:
            cpu[figure.metric.removeprefix("CPU of ")] = figure.median
    return points, cpu


def _pipeline(result: Result) -> tuple[list[Point], dict[str, float]]:
    points, cpu = [], {}
    for figure in result.figures:
        if figure.contender != Ours.name:
            continue
        offered = _number(r"([\d,]+)/s", figure.setting)
        if figure.metric == "processor time an event":
            cpu["all"] = figure.median
        elif figure.unit == "events/s":
            points.append(Point(DRAINED, figure.median, 1, None))
        elif offered and (kind := figure.metric.rpartition(" ")[2]) in (P50, P99):
            points.append(Point(kind, figure.median, 1, None, offered))
    return points, cpu


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count > 1 else ''}"


def _number(pattern: str, text: str) -> int:
    """0 if it is not there."""
    found = re.fullmatch(pattern, text)
    return int(found[1].replace(",", "")) if found else 0
