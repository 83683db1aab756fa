"""Finds the costs with which the model does what was measured at a few points."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from benchmarks.simulation.measured import DRAINED, P50, Measurement, Point
from benchmarks.simulation.model import Costs, Outcome, Setup
from benchmarks.simulation.simulating import simulate

FIXED = 0.005
"""Seconds from commit to visible with nobody else there, where no such point was measured."""

WORK = 0.8
"""The share of it in which somebody works, where nothing tells."""

RELAY_SHARE = 0.3
"""Of the processor time of an event, where the file does not tell relay and workers apart."""

BACKLOG = 20_000
"""Events: of the round of `growth`, and far more than a message holds."""

SECONDS = 6.0
"""That events are offered."""

ROUNDS = 4
HALVINGS = 18


def calibrate(measurement: Measurement, setup: Setup) -> tuple[Setup, list[Point]]:
    """The setup with its costs, and the points they were taken from; what else was measured can be predicted.

    How fast one worker drains a backlog gives the cost of an event. The median lag at the lowest rate gives what
    comes with every message, and the one at the highest how much of it is work, shared evenly by run, sending,
    receiving and applying; the rest is waiting, before the relay's run. The relay's cost of an event is its share
    of the processor time.
    """
    drained = measurement.point(DRAINED)
    assert drained, "measured.read sees to it"
    rates = sorted(
        {point.offered for point in measurement.points if point.kind == P50 and point.workers == 1}
    )
    lags = [measurement.point(P50, offered=rate) for rate in rates]
    quiet, full = (lags[0] if lags else None), (lags[-1] if len(lags) > 1 else None)
    costs = _Shape(_send_event(measurement, 1 / drained.value), 1 / drained.value)
    for _ in range(ROUNDS):
        costs.event = _found(
            lambda event: 1 / predict(drained, costs.with_event(event).of(setup)),
            1 / drained.value,
            2 / drained.value,
        )
        if quiet:
            costs.fixed = _found(
                lambda fixed: predict(quiet, costs.with_fixed(fixed).of(setup)),
                quiet.value,
                quiet.value / 500,
            )
        if full:
            costs.work = _found(lambda work: predict(full, costs.with_work(work).of(setup)), full.value, 1.0)
    return costs.of(setup), [point for point in (drained, quiet, full) if point]


@dataclass
class _Shape:
    """What is looked for, in seconds; `work` is the share of `fixed` in which somebody works."""

    send_event: float
    event: float
    fixed: float = FIXED
    work: float = WORK

    def with_event(self, event: float) -> "_Shape":
        return replace(self, event=event)

    def with_fixed(self, fixed: float) -> "_Shape":
        return replace(self, fixed=fixed)

    def with_work(self, work: float) -> "_Shape":
        return replace(self, work=work)

    def of(self, setup: Setup) -> Setup:
        each, wait = self.fixed * self.work / 4, self.fixed * (1 - self.work)
        return replace(setup, costs=Costs(wait, each, each, self.send_event, each, each, self.event))


def predict(point: Point, setup: Setup) -> float:
    """In the unit of the point."""
    setup = replace(setup, workers=point.workers, partitions=point.partitions or setup.partitions)
    if point.kind == DRAINED:
        return _drain(setup).drained
    outcome = simulate(setup, offered=point.offered, seconds=SECONDS, steady=True)
    return 1000 * outcome.lag(50 if point.kind == P50 else 99)


def _drain(setup: Setup) -> Outcome:
    return simulate(setup, offered=0, seconds=0, backlog=BACKLOG, until_drained=True)


def _send_event(measurement: Measurement, event: float) -> float:
    """Seconds. The database's time is shared as relay and workers share their own."""
    cpu = measurement.cpu
    if "all" in cpu:
        return RELAY_SHARE * cpu["all"] / 1000
    own = cpu.get("relay", 0.0) + cpu.get("history workers", 0.0)
    return cpu["relay"] / own * sum(cpu.values()) / 1000 if own else RELAY_SHARE * event


def _found(ask: Callable[[float], float], wanted: float, high: float) -> float:
    """Where `ask`, which grows, gives what is wanted; the nearest end, 0 or `high`, if it never does."""
    low = 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if ask(middle) < wanted:
            low = middle
        else:
            high = middle
    return (low + high) / 2
