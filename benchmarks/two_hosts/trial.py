"""One run, on host one: clients write, host two is cut off for a while, then every row is compared."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import psycopg

from benchmarks.chaos.comparison import Difference, compare
from benchmarks.chaos.ledger import Ledger
from benchmarks.chaos.reading import read_rows
from benchmarks.chaos.stage import Stage
from benchmarks.chaos.trial import hire, wait_until_caught_up
from benchmarks.two_hosts.hosts import set_up
from benchmarks.two_hosts.network import ONE, TWO, Network
from stack import StackError
from stack.console import complain

PATIENCE = 90.0
"""Seconds without progress until the history is given up, and until host two has to work again."""

_APPLIED = """
SELECT host(client), sum(applied)::int FROM inbox_delivery
WHERE applied > 0 AND applied_at >= %s AND applied_at < %s GROUP BY client
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.two_hosts.trial", description=__doc__)
    parser.add_argument("namespaces", nargs=3)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--cut", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        outcome = run(
            Network(*options.namespaces),
            options.data_dir,
            seconds=options.seconds,
            cut=options.cut,
            seed=options.seed,
        )
    except KeyboardInterrupt:
        return 130
    except StackError as error:
        complain(error)
        return 2
    if options.json:
        options.json.write_text(json.dumps(outcome, indent=1) + "\n")
    return 0 if outcome["passed"] else 1


def run(network: Network, data_dir: Path, *, seconds: float, cut: float, seed: int) -> dict[str, Any]:
    """Raises StackError if the shop cannot even be started."""
    with set_up(data_dir, network) as stage:
        say("the shop runs: web, relay, beat and a worker on host one, a worker on host two")
        ledger, url = Ledger(), stage.stack.env["ORDER_HISTORY_DATABASE_URL"]
        began = datetime.now(UTC)
        with _clients(stage, ledger, seed):
            time.sleep((seconds - cut) / 2)
            cut_at = datetime.now(UTC)
            before = _applied(url, began, cut_at)
            say(f"both hosts work: {_shares(before)}; host two is cut off")
            network.cut_two_off()
            try:
                time.sleep(cut)
            finally:
                network.connect_two()
            back_at = datetime.now(UTC)
            during = _applied(url, cut_at, back_at)
            silence = _longest_silence(url, cut_at, back_at)
            say(
                f"{cut:g} s cut off: {_shares(during)}, with nothing applied for {silence:.1f} s at most; "
                "host two is connected again"
            )
            time.sleep((seconds - cut) / 2)
            returned = _until_two_applies(url, back_at)
        say("clients have stopped, waiting for the history to catch up")
        mended = time.monotonic()
        stuck = wait_until_caught_up(stage, PATIENCE)
        caught_up = time.monotonic() - mended
        after = _applied(url, back_at, datetime.now(UTC))
        say(f"connected again: {_shares(after)}")
        shop, history, letters = read_rows(stage.stack.env)
        differences = [*compare(ledger, shop, history, letters)]
        if not returned:
            differences.append(Difference("wrong", "host two never applied anything again"))
        rows = {
            "products": len(shop.products),
            "users": len(shop.users),
            "orders": len(shop.orders),
            "order lines": len(history.lines),
            "ordered products": len(history.ordered),
        }
        return _told(ledger, differences, stuck, caught_up, rows) | {
            "seconds_cut_off": cut,
            "events_applied": {"before": before, "cut_off": during, "after": after},
            "longest_silence_while_cut_off": round(silence, 1),
        }


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def _clients(stage: Stage, ledger: Ledger, seed: int) -> Iterator[None]:
    """That write until the block ends, and then until each has its last answer."""
    clients = hire(stage, ledger, seed)
    for client in clients:
        client.start()
    try:
        yield
    finally:
        for client in clients:
            client.stop()
    for client in clients:
        client.join()


def _applied(url: str, since: datetime, until: datetime) -> dict[str, int]:
    """Events, by the host whose worker applied them."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute(_APPLIED, [since, until]).fetchall())


def _until_two_applies(url: str, since: datetime) -> bool:
    """Clients go on meanwhile, so that there is something to apply."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if TWO in _applied(url, since, datetime.now(UTC)):
            return True
        time.sleep(0.5)
    return False


def _longest_silence(url: str, since: datetime, until: datetime) -> float:
    """Seconds in which nobody applied anything."""
    with psycopg.connect(url) as connection:
        times = [
            row[0]
            for row in connection.execute(
                "SELECT applied_at FROM inbox_delivery"
                " WHERE applied > 0 AND applied_at BETWEEN %s AND %s ORDER BY applied_at",
                [since, until],
            )
        ]
    moments: list[datetime] = [since, *times, until]
    return max((later - earlier).total_seconds() for earlier, later in pairwise(moments))


def _told(
    ledger: Ledger, differences: list[Difference], stuck: str, caught_up: float, rows: dict[str, int]
) -> dict[str, Any]:
    found = {
        kind: sum(one.kind == kind for one in differences)
        for kind in ("lost", "doubled", "wrong", "dead-lettered")
    }
    say(
        f"{ledger.writes:,} acknowledged writes; compared: "
        + ", ".join(f"{n:,} {what}" for what, n in rows.items())
    )
    say(", ".join(f"{kind} {count}" for kind, count in found.items()) + f"; caught up in {caught_up:.1f} s")
    if stuck:
        say(f"it did not catch up: {stuck}")
    for one in differences[:10]:
        say(str(one))
    return {
        "passed": not stuck and not differences,
        "acknowledged_writes": ledger.writes,
        "rows_compared": rows,
        **found,
        "seconds_to_converge": round(caught_up, 1),
        "did_not_converge": stuck or None,
    }


def _shares(applied: Mapping[str, int]) -> str:
    return f"one applied {applied.get(ONE, 0):,} events, two {applied.get(TWO, 0):,}"


def _interrupt(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
