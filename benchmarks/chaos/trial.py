"""One run: clients write while things break, then everything has to come right."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.chaos import stage as stages
from benchmarks.chaos.clients import Client, Customers, Reader, Staff
from benchmarks.chaos.comparison import MARK, Difference, compare
from benchmarks.chaos.ledger import Ledger
from benchmarks.chaos.reading import read_rows
from benchmarks.chaos.rebuilding import RebuildUnderFaults, rebuild
from benchmarks.chaos.reconciling import reconcile
from benchmarks.chaos.sabotage import SABOTAGES
from benchmarks.chaos.schedule import Schedule
from benchmarks.chaos.stage import Stage
from benchmarks.chaos.telling import Listener
from stack import StackError

CUSTOMERS, STAFF = 5, 2
PAUSE = 0.08
"""Seconds between two writes of one client, on average."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    seconds: float
    seed: int
    database: str
    broker: str
    sabotage: str | None
    patience: float
    """Seconds without any progress after which the history is given up."""


@dataclass
class Outcome:
    plan: Plan
    ledger: Ledger = field(repr=False)
    faults: dict[str, int]
    said: dict[str, dict[str, int]]
    """What the status said around each kind of fault, and how often; under no name, what fitted none."""
    seconds: float
    """That clients wrote and faults happened."""
    converged_in: float | None
    """Seconds from the last fault; None: it did not."""
    stuck: str
    garbage_letters: int
    differences: list[Difference]
    rows: dict[str, int]
    rebuild_attempts: int
    """0: with a sabotage nothing is rebuilt, since that would mend what it broke."""

    @property
    def passed(self) -> bool:
        return self.converged_in is not None and not self.differences

    def count(self, kind: str) -> int:
        return sum(difference.kind == kind for difference in self.differences)


def run(plan: Plan, data_dir: Path, say: Say) -> Outcome:
    """Raises StackError if the shop cannot even be started."""
    with stages.set_up(
        data_dir, database=plan.database, broker_kind=plan.broker, sabotage=plan.sabotage
    ) as stage:
        ledger = Ledger()
        sabotage = SABOTAGES.get(plan.sabotage or "")
        first = sabotage.shown_by if sabotage else ()
        clients = hire(stage, ledger, plan.seed)
        schedule = Schedule(stage, seed=plan.seed, database=plan.database, first=first)
        rebuilding = RebuildUnderFaults(stage)
        log = stage.stack.data_dir / "log" / "chaos.log"
        listener = Listener(stage.port, stage.staff, schedule.recent, log)
        listener.start()
        started = time.monotonic()
        try:
            for client in clients:
                client.start()
            while (elapsed := time.monotonic() - started) < plan.seconds:
                schedule.go_on()
                if elapsed > plan.seconds / 2 and not rebuilding.ident and not plan.sabotage:
                    rebuilding.start()
                say(
                    f"{elapsed:4.0f} s  {ledger.writes:6,} writes acknowledged  "
                    f"{schedule.injected.total():4} faults  last: {schedule.last or 'none yet'}"
                )
                time.sleep(0.05)
        finally:
            schedule.end()
            listener.stop()
            for client in clients:
                client.stop()
        lasted = time.monotonic() - started
        stage.repair()
        mended_at = time.monotonic()
        for client in clients:
            say(f"      faults are over, {client.name} waits for its last answer")
            client.join()
        say("      waiting for the history to catch up")
        stuck = wait_until_caught_up(stage, plan.patience)
        converged_in = None if stuck else time.monotonic() - mended_at
        differences: list[Difference] = []
        if rebuilding.ident:
            say("      waiting for the rebuild that began under faults")
            rebuilding.join(timeout=plan.patience)
            differences += rebuilding.differences()
            say("      rebuilding once more, in calm")
            status, said = rebuild(stage)
            differences += [] if status == 0 else [Difference("wrong", f"the rebuild in calm: {said}")]
        say("      reconciling")
        differences += reconcile(stage)
        say("      comparing")
        shop, history, letters = read_rows(stage.stack.env)
        return Outcome(
            plan=plan,
            ledger=ledger,
            faults=dict(schedule.injected),
            said={fault: dict(kinds) for fault, kinds in listener.said.items()},
            seconds=lasted,
            converged_in=converged_in,
            stuck=stuck,
            garbage_letters=sum(MARK in letter.content for letter in letters),
            differences=[*differences, *compare(ledger, shop, history, letters)],
            rebuild_attempts=rebuilding.attempts,
            rows={
                "products": len(shop.products),
                "users": len(shop.users),
                "orders": len(shop.orders),
                "order lines": len(history.lines),
                "ordered products": len(history.ordered),
            },
        )


def hire(stage: Stage, ledger: Ledger, seed: int) -> list[Client]:
    common: dict[str, Any] = {"port": stage.port, "ledger": ledger, "seed": seed, "pause": PAUSE}
    staff = [Staff(f"staff {n}", account=stage.staff, **common) for n in range(1, STAFF + 1)]
    customers = [Customers(f"customers {n}", **common) for n in range(1, CUSTOMERS + 1)]
    return [*staff, *customers, Reader("reader", account=stage.staff, **common)]


def wait_until_caught_up(stage: Stage, patience: float) -> str:
    """Why it never came to that; empty if it did."""
    try:
        done = stage.stack.manage(
            "wait_until_caught_up", "--timeout", f"{patience:g}", timeout=max(120, patience + 30), check=False
        )
    except StackError as error:
        return str(error)
    return "" if done.returncode == 0 else done.stderr.strip().splitlines()[-1]
