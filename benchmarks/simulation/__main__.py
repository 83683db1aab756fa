"""`python -m benchmarks.simulation`: how far the pipeline gets, and how late, without running it.

With --check FILE, the model is calibrated on some points of a result of `make bench`, predicts the others, and
this ends with 3 if one is off by more than --factor.
"""

import argparse
import math
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.simulation.checking import predictions, show
from benchmarks.simulation.measured import Unreadable, read
from benchmarks.simulation.model import Costs, Outcome, Setup
from benchmarks.simulation.simulating import simulate

MOST_EVENTS = 3_000_000
"""One is a number in memory, and a microsecond or so of work."""


def main() -> int:
    parser = _parser()
    options = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True, width=120)
    try:
        if options.check:
            return _check(options, console)
        setup = _setup(options)
        if options.calibrate:
            setup, _ = predictions(read(options.calibrate), setup)
    except Unreadable as error:
        parser.error(str(error))
    if options.offered * options.seconds + options.backlog > MOST_EVENTS:
        parser.error(f"more than {MOST_EVENTS:,} events: offer fewer, or for fewer seconds")
    if not options.offered and not options.backlog:
        parser.error("nothing to do: give --offered or --backlog")
    outcome = simulate(
        setup,
        offered=options.offered,
        seconds=options.seconds,
        backlog=options.backlog,
        steady=options.steady,
        seed=options.seed,
        until_drained=options.until_drained,
    )
    _show(outcome, console)
    return 0


def _check(options: argparse.Namespace, console: Console) -> int:
    measurement = read(options.check)
    if options.cores is None and not measurement.cores:
        raise Unreadable(f"{options.check} does not say how many cores its machine had: add --cores")
    options.cores = measurement.cores if options.cores is None else options.cores
    setup, found = predictions(measurement, _setup(options))
    return 0 if show(found, setup, options.factor, console) else 3


def _setup(options: argparse.Namespace) -> Setup:
    costs = Costs(
        wake=options.wake / 1000,
        run=options.run / 1000,
        send=options.send / 1000,
        send_event=options.send_event / 1e6,
        receive=options.receive / 1000,
        apply=options.apply / 1000,
        apply_event=options.apply_event / 1e6,
    )
    return Setup(
        costs,
        partitions=options.partitions,
        workers=options.workers,
        batch=options.batch,
        depth=options.depth,
        sweep=options.sweep,
        cores=options.cores or 0,
    )


def _show(outcome: Outcome, console: Console) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    for name, value, unit in [
        ("throughput", f"{outcome.throughput:,.0f}", "events/s"),
        ("lag, p50", _milliseconds(outcome.lag(50)), "ms"),
        ("lag, p99", _milliseconds(outcome.lag(99)), "ms"),
        ("backlog at the end", f"{outcome.backlog:,}", f"events, of {outcome.offered:,}"),
        ("simulated", f"{outcome.seconds:,.1f}", "s"),
        ("relay busy", f"{outcome.relay_busy:.0%}", "of the time"),
        ("workers busy", f"{outcome.workers_busy:.0%}", "of their time"),
        ("workers waiting for a checkpoint", f"{outcome.workers_blocked:.0%}", "of their time"),
        ("queue, at most", f"{outcome.most_waiting:,}", "messages"),
    ]:
        table.add_row(name, value, unit)
    console.print(table)


def _milliseconds(seconds: float) -> str:
    return "-" if math.isnan(seconds) else f"{1000 * seconds:,.1f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulation", description=__doc__)
    add = parser.add_argument
    add("--offered", type=_not_negative, default=0.0, help="events a second (default 0)")
    add("--seconds", type=_positive, default=30.0, help="that they are offered (default 30)")
    add("--backlog", type=_whole(0), default=0, help="events that stand at the start (default 0)")
    add("--until-drained", action="store_true", help="go on until nothing is left")
    add("--steady", action="store_true", help="events in equal steps, not by chance")
    add("--seed", type=int, default=1)
    add("--workers", type=_whole(1), default=1)
    add("--partitions", type=_whole(1), default=8)
    add("--batch", type=_whole(1), default=1_000, help="events in a message, at most (default 1000)")
    add("--depth", type=_whole(1), default=100, help="messages that may wait (default 100)")
    add("--sweep", type=_positive, default=2.0, help="seconds between two sweeps (default 2)")
    add("--cores", type=_whole(0), help="shared by relay and workers (default 0: each has its own)")
    costs = parser.add_argument_group("costs, of one core; --calibrate takes them from a result instead")
    for name, default, text in [
        ("--wake", 1.0, "ms from a commit to the relay's run"),
        ("--run", 1.0, "ms a run of the relay"),
        ("--send", 1.0, "ms a message, for the relay"),
        ("--send-event", 60.0, "µs an event, for the relay"),
        ("--receive", 1.0, "ms a message, for a worker, before it locks"),
        ("--apply", 1.0, "ms a message, for a worker, while it locks"),
        ("--apply-event", 200.0, "µs an event, for a worker"),
    ]:
        costs.add_argument(name, type=_not_negative, default=default, help=f"{text} (default {default:g})")
    add("--calibrate", type=Path, metavar="FILE", help="take the costs from this result of `make bench`")
    add("--check", type=Path, metavar="FILE", help="predict the points of this result and compare")
    add("--factor", type=_factor, default=2.0, help="by which a prediction may be off (default 2)")
    return parser


def _not_negative(text: str) -> float:
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def _positive(text: str) -> float:
    value = _number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _factor(text: str) -> float:
    value = _number(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1, which nothing can be off by")
    return value


def _whole(least: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text} is no whole number") from error
        if value < least:
            raise argparse.ArgumentTypeError(f"{text} is less than {least}")
        return value

    return parse


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no number") from error
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text} is no number")
    return value


if __name__ == "__main__":
    sys.exit(main())
