"""`python -m benchmarks.speed.peers.faults`: what never arrives when a broker restarts empty amid the changes."""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.speed.offering import PRODUCTS
from benchmarks.speed.peers.contenders import CeleryOutbox, DjangoCqrs
from benchmarks.speed.pipeline.contender import Contender, View
from benchmarks.speed.pipeline.ours import Ours
from benchmarks.speed.pipeline.producers import Producers
from benchmarks.speed.servers import TUNED, environment_of
from stack import StackError
from stack.broker_server import BrokerServer
from stack.console import complain
from stack.postgres import PostgresServer
from stack.rabbit import RabbitServer

RATE = 200
PATIENCE = 30.0
"""Seconds after the last commit."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.peers.faults", description=__doc__)
    parser.add_argument("--changes", type=int, default=2_000, help=f"at {RATE} a second")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    if not 0 < options.changes <= PRODUCTS:
        parser.error(f"--changes: from 1 to {PRODUCTS}, since each is made to another product")
    try:
        lost = lost_when_wiped(options.changes)
    except StackError as error:
        complain(error)
        return 2
    if options.json:
        options.json.write_text(json.dumps({"changes": options.changes, "lost": lost}, indent=1) + "\n")
    return 0


def lost_when_wiped(changes: int) -> dict[str, int]:
    """By contender: changes that were not visible 30 s after the last had committed."""
    lost = {}
    with (
        tempfile.TemporaryDirectory(prefix="shop-faults-") as name,
        PostgresServer(settings=TUNED) as postgres,
        ExitStack() as running,
    ):
        folder = Path(name)
        broker = running.enter_context(BrokerServer(folder / "broker"))
        rabbit = running.enter_context(RabbitServer(folder / "rabbit"))
        env = environment_of(folder, postgres, broker)
        cqrs, outbox = DjangoCqrs(folder, env, rabbit), CeleryOutbox(folder, env)
        for peer in (cqrs, outbox):
            peer.install()
        contenders: list[tuple[Contender, Callable[[], None]]] = [
            (Ours(folder / "ours", env), lambda: broker.restart(empty=True)),
            (cqrs, lambda: rabbit.restart(empty=True)),
            (outbox, lambda: broker.restart(empty=True)),
        ]
        for contender, wipe in contenders:
            lost[contender.name] = _lost(contender, wipe, changes)
            print(f"{contender.name}: {lost[contender.name]} of {changes} changes lost", flush=True)
    return lost


def _lost(contender: Contender, wipe: Callable[[], None], changes: int) -> int:
    contender.prepare()
    contender.start()
    try:
        with Producers(contender.producer, processes=1, first=1) as producers:
            made = producers.ask_for(changes, rate=RATE)
            time.sleep(changes / RATE / 3)
            wipe()
            committed = len(producers.commits_of(made))
        deadline = time.monotonic() + PATIENCE
        while (left := _missing(contender.view, committed)) and time.monotonic() < deadline:
            time.sleep(0.5)
        return left
    finally:
        contender.stop()


def _missing(view: View, changes: int) -> int:
    """Of changes to a product each, which had version 1 before."""
    arrived = sql.SQL("SELECT count(*) FROM {} WHERE version > 1").format(sql.Identifier(view.table))
    with psycopg.connect(view.database) as connection:
        return changes - int((connection.execute(arrived).fetchone() or [0])[0])


if __name__ == "__main__":
    sys.exit(main())
