"""From commit to visible: how many events, how soon and at what cost, beside what people use instead."""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from benchmarks.speed.figures import Figure, Goal, Result
from benchmarks.speed.pipeline.contender import Contender
from benchmarks.speed.pipeline.databases import create_database
from benchmarks.speed.pipeline.ours import Ours
from benchmarks.speed.pipeline.plain.contender import PlainCelery
from benchmarks.speed.pipeline.turn import BACKLOG, COST, P50, P99, RATE, Measured, Offer, Turns
from benchmarks.speed.scale import Scale
from benchmarks.speed.servers import servers
from stack import CODE_DIR, StackError
from stack.tether import tethered

Say = Callable[[str], None]

LIMIT = "bulk upsert, no bus"
LIMIT_CHANGES = 10_000
LEFT_OUT = "django-cqrs, django-celery-outbox and django-reliable-outbox are left out of the quick run."

REMARKS = [
    "One change is one transaction is one event: a product gets another title, each of 10,000 products in turn. "
    "What becomes visible is the same row for all: product, title, image, version, kept if it is the newest.",
    "Events a second: a backlog is committed while everything that carries it is halted (SIGSTOP); time runs "
    "from the moment it may go on until the last row is visible. Each contender's backlog is as large as it works "
    "off in a few seconds. Two processes carry the "
    "changes, one that sends and one that receives or, where there are no such two, two of the same; in plain Celery "
    "only one receives, as the producer sends.",
    "Processor time an event is that of relay, workers, beat, broker and PostgreSQL with all that it does in the "
    "background, while that backlog is worked off and half a second longer; the producer is not in it.",
    "Commit to visible: a producer at a fixed pace notes when each commit has returned; a trigger on the read "
    "side's table has PostgreSQL tell, with the commit, what became visible (NOTIFY). One pace after the other, "
    "from the same running processes; the producers share the machine with what they measure.",
    "“Celery, on_commit(delay)” keeps its database connections (CELERY_DB_REUSE_MAX), acknowledges late, and upserts "
    "its row in one statement of SQL. It loses events whenever a process or the broker dies between commit and row.",
    f"“{LIMIT}” has the rows in memory and writes them in transactions of 500, by the statement that the history uses. "
    "No event is read, stored, sent or checked, and no position kept.",
]


def run(scale: Scale, say: Say) -> Result:
    offers = [
        Offer(20, scale.choose(5.0, 1.5)),
        Offer(100, scale.choose(4.0, 1.0)),
        Offer(1_000, scale.choose(3.0, 0.5)),
    ]
    with tempfile.TemporaryDirectory(prefix="shop-pipeline-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with servers(folder) as env, _limit(env) as limit, _peers(folder, env, scale, say) as (others, said):
            contenders: list[Contender] = [Ours(folder / "ours", env), PlainCelery(folder, env), *others]
            for contender in contenders:
                say(f"{contender.name}: preparing")
                contender.prepare()
            turns: dict[str, Callable[[], Measured]] = {
                contender.name: Turns(
                    contender, offers, backlog=contender.backlog // scale.choose(1, 2), say=say
                ).take
                for contender in contenders
            }
            figures = _in_turns({**turns, LIMIT: limit}, rounds=scale.rounds, say=say)
    rivals = [contender.name for contender in contenders[1:]]
    return Result(
        "pipeline",
        "The pipeline: from commit to visible",
        figures,
        _goals(figures, rivals),
        [*REMARKS, *said],
    )


def _peers(
    folder: Path, env: Mapping[str, str], scale: Scale, say: Say
) -> AbstractContextManager[tuple[Sequence[Contender], list[str]]]:
    """Only in full: they take minutes to install and to measure."""
    # They are contenders, hence import from this package.
    from benchmarks.speed.peers.entering import peers

    return peers(folder, env, say) if scale.full else nullcontext(([], [LEFT_OUT]))


def _in_turns(contenders: Mapping[str, Callable[[], Measured]], *, rounds: int, say: Say) -> list[Figure]:
    """As `interleaved` does, for turns that measure several settings."""
    values: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    for number in range(rounds):
        names = list(contenders)
        for name in names if number % 2 == 0 else reversed(names):
            say(f"round {number + 1} of {rounds}: {name}")
            for (metric, unit, setting), value in contenders[name]().items():
                values[name, metric, unit, setting].append(value)
    return [
        Figure(name, metric, unit, tuple(each), setting)
        for (name, metric, unit, setting), each in values.items()
    ]


def _goals(figures: list[Figure], peers: Sequence[str]) -> list[Goal]:
    found = {(each.contender, each.metric, each.setting): each.median for each in figures}

    def of(contender: str, metric: tuple[str, str], setting: str = BACKLOG) -> float:
        return found[contender, metric[0], setting]

    rate, cost = of(Ours.name, RATE), of(Ours.name, COST)
    return [
        Goal("events/s, against the best peer", rate / max(of(peer, RATE) for peer in peers), 10, True),
        Goal(f"events/s, against {LIMIT}", rate / of(LIMIT, RATE), 0.4, True),
        Goal(
            "processor time an event, against the best peer",
            cost / min(of(peer, COST) for peer in peers),
            0.15,
            False,
        ),
        Goal("commit to visible at 20/s, p50", of(Ours.name, P50, "20/s"), 5, False, "ms"),
        Goal("commit to visible at 20/s, p99", of(Ours.name, P99, "20/s"), 30, False, "ms"),
        Goal("commit to visible at 1,000/s, p99", of(Ours.name, P99, "1,000/s"), 100, False, "ms"),
    ]


@contextmanager
def _limit(env: Mapping[str, str]) -> Iterator[Callable[[], Measured]]:
    """A process that writes to a database of its own, with the tables of the history."""
    env = {
        **env,
        "ORDER_HISTORY_DATABASE_URL": create_database(env, "limit"),
        "DJANGO_SETTINGS_MODULE": "config.settings.shop",
    }
    migrate = [sys.executable, str(CODE_DIR / "manage.py"), "migrate", "--database", "order_history", "-v0"]
    subprocess.run(tethered(*migrate), env=env, check=True)
    process = subprocess.Popen(
        tethered(sys.executable, "-m", "benchmarks.speed.pipeline.limit"),
        cwd=CODE_DIR,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    if process.stdout.readline() != "ready\n":
        raise StackError(f"{LIMIT} does not start.")
    ask, answers = process.stdin, process.stdout

    def measure() -> Measured:
        ask.write(f"{LIMIT_CHANGES}\n")
        ask.flush()
        measured = json.loads(answers.readline())
        return {(*RATE, BACKLOG): measured["rate"], (*COST, BACKLOG): measured["cost"]}

    try:
        yield measure
    finally:
        ask.close()
        process.wait(timeout=30)
