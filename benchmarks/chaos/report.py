"""The outcome as a table for people and as JSON for machines."""

import time
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.chaos.telling import NOTHING_TO_SEE
from benchmarks.chaos.trial import Outcome

FIRST = 10
"""Differences shown of each kind."""

KINDS = ("lost", "doubled", "wrong", "dead-lettered")


def as_json(outcome: Outcome) -> dict[str, Any]:
    return {
        "passed": outcome.passed,
        "seconds": round(outcome.seconds, 1),
        "seed": outcome.plan.seed,
        "database": outcome.plan.database,
        "broker": outcome.plan.broker,
        "sabotage": outcome.plan.sabotage,
        "acknowledged_writes": outcome.ledger.writes,
        "unanswered_requests": outcome.ledger.unanswered,
        "faults": sum(outcome.faults.values()),
        "fault_kinds": len(outcome.faults),
        "faults_by_kind": dict(sorted(outcome.faults.items())),
        "status_said": outcome.said,
        "rows_compared": outcome.rows,
        **{kind.replace("-", "_"): outcome.count(kind) for kind in KINDS},
        "dead_letters_of_garbage": outcome.garbage_letters,
        "rebuild_attempts": outcome.rebuild_attempts,
        "seconds_to_converge": outcome.converged_in and round(outcome.converged_in, 1),
        "did_not_converge": outcome.stuck or None,
        "differences": [str(difference) for difference in outcome.differences[:200]],
    }


def show(outcome: Outcome, console: Console) -> None:
    summary = as_json(outcome)
    table = Table("", "", box=None, show_header=False, pad_edge=False)
    table.columns[1].justify = "right"
    for label, figure in [
        ("acknowledged writes", f"{summary['acknowledged_writes']:,}"),
        ("requests without an answer", f"{summary['unanswered_requests']:,}"),
        (f"faults of {summary['fault_kinds']} kinds", f"{summary['faults']:,}"),
        *(
            (f"  {kind}{_said(outcome, kind)}", str(count))
            for kind, count in summary["faults_by_kind"].items()
        ),
        *((f"{what} compared", f"{count:,}") for what, count in outcome.rows.items()),
        *((kind, f"{outcome.count(kind):,}") for kind in KINDS),
        ("garbage put aside", str(outcome.garbage_letters)),
        ("attempts of the rebuild under faults", str(outcome.rebuild_attempts)),
        ("seconds to converge", "never" if outcome.stuck else f"{summary['seconds_to_converge']:.1f}"),
    ]:
        table.add_row(label, figure, style="red" if label in KINDS and figure != "0" else "")
    console.print(table)
    if outcome.stuck:
        console.print(f"It did not converge: {outcome.stuck}", style="red", markup=False)
    for kind in KINDS:
        for difference in [each for each in outcome.differences if each.kind == kind][:FIRST]:
            console.print(str(difference), style="red", markup=False)
        if (left := outcome.count(kind) - FIRST) > 0:
            console.print(f"{kind}: and {left:,} more", style="red", markup=False)


def _said(outcome: Outcome, fault: str) -> str:
    if kinds := outcome.said.get(fault):
        return f": status said {', '.join(sorted(kinds))}"
    return ": nothing to see" if fault in NOTHING_TO_SEE else ": the status was not heard to name it"


class ProgressLine:
    """One line that changes on a terminal; elsewhere a new line every few seconds."""

    EVERY = 5.0

    def __init__(self, console: Console) -> None:
        self._status = console.status("Starting the shop …") if console.is_terminal else None
        self._console = console
        self._said_at = 0.0

    def say(self, text: str) -> None:
        if self._status:
            self._status.update(text)
        elif time.monotonic() - self._said_at >= self.EVERY:
            self._said_at = time.monotonic()
            self._console.print(text, markup=False)

    def __enter__(self) -> "ProgressLine":
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()
