"""Relay, beat and history workers over a log, and how fast they bring it into the history."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import psycopg
import redis
from celery import Celery

from benchmarks.speed.growth.backlog import TOPIC, Log
from benchmarks.speed.growth.memory import Watch
from benchmarks.speed.growth.processor_time import of_broker, of_database, of_programs
from benchmarks.speed.rounds import Measured
from event_bus import canary
from event_bus.messages import OUTBOX_QUEUE, SWEEP
from stack import PROCFILE, StackError
from stack.live import LiveStack

RELAY = ("relay", "beat")
WORKERS = ("history", "history_2")
QUEUE = "order_history"
DRAINED = "events drained"
SWEEP_INTERVAL = 2.0
"""Seconds, as it is set by default."""

LONGEST = 1200.0
"""Seconds that anything may take."""

_TIME_TAKEN = """
SELECT extract(epoch FROM max(applied_at) - min(received_at))
FROM (SELECT *, sum(applied) OVER (ORDER BY id) AS total FROM inbox_delivery WHERE topic = %s) AS delivery
WHERE total > %s
"""


class Pipeline:
    """Entered, the databases are migrated and nothing runs; `begin` before anything else."""

    def __init__(self, env: dict[str, str], folder: Path, *, queue_depth: int) -> None:
        self._env, self._folder, self._depth = env, folder, queue_depth
        self._broker_url, self._shop_url = env["CELERY_BROKER_URL"], env["DATABASE_URL"]
        self._history_url = env["ORDER_HISTORY_DATABASE_URL"]
        self._celery = Celery(broker=self._broker_url)
        self._running: set[str] = set()
        self._entered = ExitStack()

    def __enter__(self) -> "Pipeline":
        with self._stack_of(partitions=1) as stack:
            stack.migrate()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._celery.close()
        self._entered.__exit__(kind, error, trace)

    def begin(self, *, partitions: int, events: int) -> None:
        """From the beginning, with so many events in the log, none of them announced. The relay runs then."""
        self._entered.close()
        self._running.clear()
        with redis.Redis.from_url(self._broker_url) as client:
            client.flushall()
        for url in (self._shop_url, self._history_url):
            _empty(url)
        with psycopg.connect(self._shop_url) as connection:
            connection.execute(
                "INSERT INTO outbox_partition (topic, number, head, pruned) VALUES (%s, %s, 0, 0)",
                [canary.TOPIC, canary.PARTITION],
            )
        self._log = Log(self._shop_url, partitions=partitions, events=events)
        self._stack = self._entered.enter_context(self._stack_of(partitions=partitions))
        began = self._start(*RELAY)
        _wait(lambda: _signs(self._shop_url, "outbox_signoflife", since=began) > 0, "the relay is not ready")

    def run_workers(self, count: int) -> None:
        """So many take messages then, and no others."""
        for name in self._running.intersection(WORKERS[count:]):
            self._stack.stop(name)
            self._running.discard(name)
        if missing := [name for name in WORKERS[:count] if name not in self._running]:
            began = self._start(*missing)
            _wait(
                lambda: _signs(self._history_url, "inbox_signoflife", since=began) >= len(missing),
                "the workers are not ready",
            )

    def announce(self, events: int) -> None:
        """So many more, and wakes the relay."""
        self._log.announce(events)
        self._celery.send_task(SWEEP, queue=OUTBOX_QUEUE)

    def drain(self, events: int) -> Measured:
        """Of `events` more, until the last one is applied."""
        before, used = self._applied(), self._processor_time()
        self.announce(events)
        drained = self.wait_until_drained()
        each = 1000 / (self._log.announced() - before)
        now = self._processor_time()
        return {**drained, **{(f"CPU of {who}", "ms/event"): (now[who] - used[who]) * each for who in used}}

    def wait_until_drained(self) -> Measured:
        """Of what is announced and was not applied before this is called."""
        before, goal = self._applied(), self._log.announced()
        _wait(lambda: self._applied() >= goal, "the backlog was not drained")
        with psycopg.connect(self._history_url) as connection:
            [seconds] = connection.execute(_TIME_TAKEN, [TOPIC, before]).fetchone() or [0]
        return {
            (DRAINED, "events/s"): (goal - before) / float(seconds),
            ("time to drain", "s"): float(seconds),
        }

    def watch_memory(self) -> Watch:
        """Of the broker."""
        return Watch(self._broker_url)

    def wait_until_the_queue_is_full(self) -> None:
        """And then for two sweeps, which must add nothing."""
        with redis.Redis.from_url(self._broker_url) as client:
            _wait(lambda: int(client.llen(QUEUE)) >= self._depth, "the queue never became full")
        time.sleep(2 * SWEEP_INTERVAL)

    def _applied(self) -> int:
        with psycopg.connect(self._history_url) as connection:
            [applied] = connection.execute(
                "SELECT coalesce(sum(applied), 0) FROM inbox_delivery WHERE topic = %s", [TOPIC]
            ).fetchone() or [0]
        return int(applied)

    def _stack_of(self, *, partitions: int) -> LiveStack:
        settings = {
            "EVENT_BUS_PARTITIONS": str(partitions),
            "EVENT_BUS_QUEUE_DEPTH": str(self._depth),
            "EVENT_BUS_RECONCILE": "off",
        }
        procfile = _with_second_worker(self._folder)
        return LiveStack(self._folder, env={**self._env, **settings}, procfile=procfile)

    def _start(self, *names: str) -> datetime:
        began = datetime.now(UTC)
        self._stack.start(*names)
        self._running.update(names)
        return began

    def _processor_time(self) -> dict[str, float]:
        return {
            "relay": of_programs(self._stack, "relay"),
            "history workers": of_programs(self._stack, *self._running.intersection(WORKERS)),
            "PostgreSQL": of_database(self._shop_url),
            "broker": of_broker(self._broker_url),
        }


def _with_second_worker(folder: Path) -> Path:
    lines = PROCFILE.read_text().splitlines()
    second = [line.replace("history:", "history_2:", 1) for line in lines if line.startswith("history:")]
    path = folder / "Procfile"
    path.write_text("\n".join([*lines, *second]) + "\n")
    return path


def _empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
            " WHERE schemaname = 'public' AND tablename <> 'django_migrations'"
        ).fetchone()
        assert tables
        connection.execute(f"TRUNCATE {tables[0]}")


def _signs(url: str, table: str, *, since: datetime) -> int:
    with psycopg.connect(url) as connection:
        [count] = connection.execute(
            f"SELECT count(*) FROM {table} WHERE kind = 'worker' AND started_at >= %s", [since]
        ).fetchone() or [0]
    return int(count)


def _wait(condition: Callable[[], bool], complaint: str) -> None:
    """Raises StackError if it takes longer than anything may."""
    deadline = time.monotonic() + LONGEST
    while not condition():
        if time.monotonic() > deadline:
            raise StackError(complaint)
        time.sleep(0.05)
