"""What never arrives when a broker restarts empty amid the changes."""

import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.speed.figures import Figure, Goal, Result
from benchmarks.speed.pipeline.contender import Contender, View
from benchmarks.speed.pipeline.ours import Ours
from benchmarks.speed.pipeline.producers import Producers
from benchmarks.speed.scale import Scale
from benchmarks.speed.servers import TUNED, environment_of
from stack import StackError
from stack.broker_server import BrokerServer
from stack.postgres import PostgresServer
from stack.rabbit import RabbitServer

Say = Callable[[str], None]
Wiped = tuple[Contender, Callable[[], None]]
"""A contender, and what wipes its broker."""

RATE = 200
"""Changes a second."""

PATIENCE = 30.0
"""Seconds after the last commit."""

MISSING = f"changes missing {PATIENCE:.0f} s after the last"

REMARKS = [
    f"Changes are made at {RATE} a second; after a third of them the broker is killed and comes back with nothing, as "
    "a Redis without persistence does when its machine restarts. Counted is what the reading side still lacks "
    f"{PATIENCE:.0f} s after the last commit. Plain Celery is not here: its producer fails with the broker, so that it "
    "refuses changes instead of losing them, or loses what waited. django-reliable-outbox has no broker.",
]


def run(scale: Scale, say: Say) -> Result:
    changes = scale.choose(1_000, 200)
    figures, remarks = [], list(REMARKS)
    with (
        tempfile.TemporaryDirectory(prefix="shop-losses-") as name,
        PostgresServer(settings=TUNED) as postgres,
        ExitStack() as running,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        broker = running.enter_context(BrokerServer(folder / "broker"))
        env = environment_of(folder, postgres, broker)
        contenders: list[Wiped] = [(Ours(folder / "ours", env), lambda: broker.restart(empty=True))]
        if scale.full:
            try:
                contenders += _peers(folder, env, broker, running)
            except StackError as error:
                remarks.append(f"The peers are left out: {error}")
        for contender, wipe in contenders:
            missing = _missing_after_wiping(contender, wipe, changes)
            say(f"{contender.name}: {missing} of {changes} changes missing")
            figures.append(Figure(contender.name, MISSING, f"of {changes:,}", (missing,)))
    goal = Goal(f"{MISSING}, its broker wiped", figures[0].median, 0, at_least=False, unit="changes")
    return Result("losses", "What a broker that comes back empty costs", figures, [goal], remarks)


def _peers(folder: Path, env: Mapping[str, str], broker: BrokerServer, running: ExitStack) -> list[Wiped]:
    # They are contenders of the pipeline, which imports them.
    from benchmarks.speed.peers.contenders import CeleryOutbox, DjangoCqrs

    rabbit = running.enter_context(RabbitServer(folder / "rabbit"))
    cqrs, outbox = DjangoCqrs(folder, env, rabbit), CeleryOutbox(folder, env)
    for peer in (cqrs, outbox):
        peer.install()
    return [(cqrs, lambda: rabbit.restart(empty=True)), (outbox, lambda: broker.restart(empty=True))]


def _missing_after_wiping(contender: Contender, wipe: Callable[[], None], changes: int) -> int:
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
