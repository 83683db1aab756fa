"""The calculation, as Markdown."""

import math

from benchmarks.capacity.demand import Demand
from benchmarks.capacity.kept import broker, bytes_a_row, cpu, drained, kept, name, pace, pages, result
from benchmarks.simulation.checking import Prediction, predictions
from benchmarks.simulation.measured import UNITS, read
from benchmarks.simulation.model import Costs, Setup
from benchmarks.speed.report import number
from benchmarks.speed.web import WORKERS

UTILISATION = 0.5
"""Of what is measured, at the peak: the other half is for bursts and for whatever is away."""


def calculation(demand: Demand) -> str:
    """Markdown. Raises StackError if a result is missing that it stands on."""
    return "\n".join([*_figures(), *_simulated(), *_assumptions(demand), *_needs(demand)])


def _assumptions(demand: Demand) -> list[str]:
    return [
        "| assumed | |",
        "|---|---:|",
        f"| users, order lines, products | {_count(demand.users)}, {_count(demand.lines)}, {_count(demand.products)} |",
        f"| lines an order | {demand.lines_an_order:g} |",
        f"| so orders: lines / lines an order | {_count(demand.orders)} |",
        f"| so events: orders + users + products | {_count(demand.events)} |",
        f"| years in which all of it happens | {demand.years:g} |",
        f"| busiest day, in average days; share of its busiest hour | {demand.peak_day:g}; {demand.peak_hour:.0%} |",
        "| **so events a second at the peak**: "
        f"events / years / 365 × {demand.peak_day:g} × {demand.peak_hour:g} / 3600 | **{number(demand.peak)}** |",
        f"| pages of the history an order | {demand.looks_an_order:g} |",
        f"| so pages a second at the peak | {number(demand.looks)} |",
        "",
    ]


def _figures() -> list[str]:
    rows = ["| measured | | in `benchmarks/results/` |", "|---|---:|---|"]
    for figure in result("growth").figures:
        if figure.metric == "events drained" and "partition" in figure.setting:
            what = f"{figure.contender}, {figure.setting}, a backlog"
            rows.append(f"| {what} | {number(figure.median)} events/s | {name('growth')} |")
    rows += [
        f"| processor time an event: relay, workers, PostgreSQL, broker | {cpu()} ms | {name('growth')} |",
        f"| pages a second of each web process ({WORKERS} ran, 4 threads each) | {number(pages())} | {name('query')} |",
        f"| a rebuild with two processes | {number(pace('rebuild'))} events/s | {name('bulk')} |",
        f"| comparing the history with its sources | {number(pace('reconcile'))} rows/s | {name('bulk')} |",
        f"| the broker with its largest backlog | {number(broker())} MB | {name('growth')} |",
        "",
    ]
    return rows


def _needs(demand: Demand) -> list[str]:
    bytes_ = bytes_a_row()
    of_a_line = bytes_["order_history_historyorderline"] + bytes_["order_history_orderedproduct"]
    of_a_user, of_a_product = bytes_["order_history_historyuser"], bytes_["order_history_historyproduct"]
    history = demand.lines * of_a_line + demand.users * of_a_user + demand.products * of_a_product
    log = demand.events * bytes_["outbox_outboxevent"]
    worker = drained()
    workers = math.ceil(demand.peak / (UTILISATION * worker))
    webs = math.ceil(demand.looks / (UTILISATION * pages()))
    behind = demand.peak * 3600 / (workers * worker - demand.peak) / 60
    rebuilt, compared = pace("rebuild"), pace("reconcile")
    return [
        "| needed | from | |",
        "|---|---|---:|",
        f"| history's database | lines × {of_a_line} B (line and ordered product, each pair ordered once) "
        f"+ users × {of_a_user} + products × {of_a_product} | {_size(history)} |",
        f"| log, if nothing is pruned | events × {bytes_['outbox_outboxevent']} B | {_size(log)} |",
        f"| history workers | peak / ({UTILISATION:.0%} of {number(worker)} events/s) | {workers}, and one to spare |",
        f"| partitions | at least the workers; 8 is the default | {max(8, 2 ** math.ceil(math.log2(workers + 1)))} |",
        f"| commit to visible at the peak | measured, 1 worker, at the next higher rate in {name('pipeline')} "
        f"| {_lag(demand.peak)} |",
        f"| an hour without workers, made up for | peak × 3600 / (workers × rate − peak) | {number(behind)} min |",
        f"| web processes for the history | pages / ({UTILISATION:.0%} of {number(pages())} a second) | {webs} |",
        "| broker, a subscription at most "
        "| 100 messages × (1 MB of data + 1,000 envelopes of 0.4 kB) × 1.12 (JSON inside JSON); "
        f"measured with ordinary orders: {number(broker())} MB | {number(100 * 1.4 * 1.12)} MB |",
        f"| a rebuild | events / {number(rebuilt)} a second | {number(demand.events / rebuilt / 3600)} h |",
        "| comparing everything with its source "
        f"| (orders + users + products) / {number(compared)} a second "
        f"| {number(demand.events / compared / 3600)} h |",
    ]


def _simulated() -> list[str]:
    rows = ["| simulated | measured | predicted | | off by |", "|---|---:|---:|---|---:|"]
    for part in ("growth", "pipeline"):
        for one in _predictions(part):
            taken = ", calibrated on it" if one.calibrated else ""
            rows.append(
                f"| {part}: {one.point.name} | {number(one.point.value)} | {number(one.predicted)} "
                f"| {UNITS[one.point.kind]} | {one.off_by:.2f} ×{taken} |"
            )
    return [*rows, ""]


def _predictions(part: str) -> list[Prediction]:
    measurement = read(kept(part))
    free = Costs(wake=0, run=0, send=0, send_event=0, receive=0, apply=0, apply_event=0)
    return predictions(measurement, Setup(free, cores=measurement.cores))[1]


def _lag(offered: float) -> str:
    points = [one for one in read(kept("pipeline")).points if one.workers == 1 and one.offered >= offered]
    if not points:
        return "not measured at such a rate"
    rate = min(one.offered for one in points)
    lags = ", ".join(f"{one.kind} {number(one.value)} ms" for one in points if one.offered == rate)
    return f"{number(rate)}/s: {lags}"


def _count(value: float) -> str:
    for unit, word in ((1e9, "billion"), (1e6, "million")):
        if value >= unit:
            return f"{value / unit:.3g} {word}"
    return f"{value:,.0f}"


def _size(value: float) -> str:
    return f"{value / 1e9:,.0f} GB"
