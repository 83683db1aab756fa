"""What an event costs the write that announces it."""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import redis

from benchmarks.speed.figures import Figure, Goal, Result
from benchmarks.speed.rounds import Measured, interleaved
from benchmarks.speed.scale import Scale
from benchmarks.speed.servers import servers
from benchmarks.speed.web import migrate
from stack import CODE_DIR, StackError
from stack.tether import tethered

Say = Callable[[str], None]

ANNOUNCED, SILENT = "announced", "not announced"
OPERATION, REQUEST = "place_order", "a request"
SETTINGS = {"operation": OPERATION, "request": REQUEST}
TIME, STATEMENTS = "time", "SQL statements"
IN_REQUEST, ANYWHERE = "broker commands in the request's thread", "broker commands of the process, an order"

ORDERS = 50
"""Of one turn: short ones, since what disturbs a disk lasts for seconds."""

REMARKS = [
    "`orders.operations.place_order` with three lines of 200 products, one order after the other in one process, from "
    "the call until the transaction has committed (fsync on). *Not announced* is the same code without the event: "
    "it is neither made nor stored, and nobody is woken. *A request* is `POST /api/v1/orders/` as Django answers it in "
    "that process, token and checks included, without socket and web server.",
    "A commit only sets a flag; a thread of its own wakes the relay, once for all commits since the last. Its work "
    "shares the process with the orders, and so is in their time. In place of the relay something takes each wake-up "
    "off the queue at once, since wake-ups are left out while one waits.",
    "`place_order` alone goes to the database and back five times (BEGIN, three statements, COMMIT), so that one "
    "insert more is a fifth of that by itself.",
    "Statements are counted without BEGIN and COMMIT; the commands of the process by the broker itself "
    "(`INFO commandstats`).",
]


def run(scale: Scale, say: Say) -> Result:
    with tempfile.TemporaryDirectory(prefix="shop-writing-") as name, servers(Path(name)) as env:
        migrate(env, "default", "order_history")
        with _placing(env) as ask, _taken_wake_ups(env["CELERY_BROKER_URL"]) as broker:
            figures = [
                figure
                for how, setting in SETTINGS.items()
                for figure in interleaved(
                    {
                        contender: _measuring(ask, broker, how=how, announced=contender == ANNOUNCED)
                        for contender in (ANNOUNCED, SILENT)
                    },
                    rounds=scale.choose(60, 20),
                    setting=setting,
                    say=say,
                )
            ]
    return Result("writing", "What an event costs a write", figures, goals(figures), REMARKS)


def goals(figures: list[Figure]) -> list[Goal]:
    medians = {(each.setting, each.contender, each.metric): each.median for each in figures}

    def ratio(setting: str) -> float:
        return medians[setting, ANNOUNCED, TIME] / medians[setting, SILENT, TIME]

    def more(metric: str) -> float:
        return medians[REQUEST, ANNOUNCED, metric] - medians[REQUEST, SILENT, metric]

    return [
        Goal(
            f"time of {OPERATION} that announces, of one that does not",
            ratio(OPERATION),
            1.15,
            at_least=False,
        ),
        Goal(f"time of {REQUEST} that announces, of one that does not", ratio(REQUEST), 1.15, at_least=False),
        Goal("statements that announcing adds", more(STATEMENTS), 1, at_least=False, unit="INSERT"),
        Goal(
            "broker commands that a request waits for", more(IN_REQUEST), 0, at_least=False, unit="commands"
        ),
    ]


def _measuring(
    ask: Callable[..., dict[str, Any]], broker: "redis.Redis", *, how: str, announced: bool
) -> Callable[[], Measured]:
    def measure() -> Measured:
        before = _commands(broker)
        said = ask(how=how, announced=announced, orders=ORDERS)
        return {
            (TIME, "ms"): 1000 * median(said["seconds"]),
            (STATEMENTS, ""): len(said["statements"]),
            (IN_REQUEST, ""): said["commands"],
            (ANYWHERE, ""): (_commands(broker) - before) / (ORDERS + 1),
        }

    return measure


def _commands(broker: "redis.Redis") -> int:
    """All but those of this measurement."""
    stats: Mapping[str, Any] = broker.info("commandstats")
    ours = ("cmdstat_blpop", "cmdstat_info", "cmdstat_client", "cmdstat_hello")
    return sum(one["calls"] for name, one in stats.items() if not name.startswith(ours))


@contextmanager
def _taken_wake_ups(url: str) -> Iterator["redis.Redis"]:
    """A broker whose queue `outbox` is emptied at once by one who does nothing else."""
    is_over = threading.Event()

    def take() -> None:
        with redis.Redis.from_url(url) as client:
            while not is_over.is_set():
                client.blpop(["outbox"], timeout=1)

    taker = threading.Thread(target=take, daemon=True)
    taker.start()
    try:
        with redis.Redis.from_url(url) as client:
            yield client
    finally:
        is_over.set()
        taker.join(timeout=5)


@contextmanager
def _placing(env: Mapping[str, str]) -> Iterator[Callable[..., dict[str, Any]]]:
    """A process that places orders when it is asked to."""
    command = tethered(sys.executable, "-m", "benchmarks.speed.writing.placing")
    at = {**env, "DJANGO_SETTINGS_MODULE": "config.settings.shop"}
    process = subprocess.Popen(
        command, cwd=CODE_DIR, env=at, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    to, of = process.stdin, process.stdout

    def line() -> str:
        if said := of.readline():
            return said
        raise StackError("The process that places orders has ended.")

    def ask(**request: Any) -> dict[str, Any]:
        to.write(json.dumps(request) + "\n")
        to.flush()
        answer: dict[str, Any] = json.loads(line())
        return answer

    try:
        line()
        yield ask
    finally:
        to.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
