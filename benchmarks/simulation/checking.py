"""Predicted beside measured."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks.simulation.calibration import calibrate, predict
from benchmarks.simulation.measured import P99, UNITS, Measurement, Point
from benchmarks.simulation.model import Setup
from benchmarks.speed.report import number


@dataclass(frozen=True)
class Prediction:
    point: Point
    predicted: float
    calibrated: bool
    """The costs were taken from this point. That the model reaches it says nothing; that it cannot, much."""

    @property
    def off_by(self) -> float:
        """A factor, 1 or more, whichever of the two is larger."""
        measured = self.point.value
        if min(self.predicted, measured) <= 0:
            return float("inf")
        return max(self.predicted / measured, measured / self.predicted)

    @property
    def counts(self) -> bool:
        """The slowest hundredth is a machine's noise, which the model leaves out: shown, and not held against it."""
        return self.point.kind != P99


def predictions(measurement: Measurement, setup: Setup) -> tuple[Setup, list[Prediction]]:
    calibrated, taken = calibrate(measurement, setup)
    return calibrated, [
        Prediction(point, predict(point, calibrated), point in taken) for point in measurement.points
    ]


def show(found: list[Prediction], setup: Setup, factor: float, console: Console) -> bool:
    """Whether every prediction that counts is within the factor."""
    costs = setup.costs
    console.print(
        f"calibrated: {1000 * costs.wake:.2f} ms until the relay runs; {1000 * costs.send:.2f} ms each for its run, "
        "and for sending, receiving and applying a message; "
        f"{1e6 * costs.send_event:.0f} µs an event for the relay, {1e6 * costs.apply_event:.0f} µs for a worker"
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("point", no_wrap=True)
    for column in ("measured", "predicted", "", "off by", ""):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for one in found:
        table.add_row(
            one.point.name,
            number(one.point.value),
            number(one.predicted),
            UNITS[one.point.kind],
            f"{one.off_by:.2f} ×",
            _verdict(one, factor),
        )
    console.print(table)
    worst = max((one.off_by for one in found if one.counts), default=1.0)
    predicted = sum(one.counts and not one.calibrated for one in found)
    console.print(
        f"{predicted} predictions count, and {sum(one.calibrated for one in found)} points calibrated on; "
        f"the worst is off by {worst:.2f} × (at most {factor:g} ×)"
    )
    return worst <= factor


def _verdict(one: Prediction, factor: float) -> str:
    if not one.counts:
        return "noise is not modelled"
    if one.off_by > factor:
        return "too far, though calibrated on it" if one.calibrated else "too far"
    return "calibrated on it" if one.calibrated else ""
