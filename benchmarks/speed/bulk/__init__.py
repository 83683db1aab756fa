"""What goes through many rows: import, announce, rebuild, reconcile. Their pace, and the memory that they take."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.speed.bulk.commands import Run, manage
from benchmarks.speed.bulk.customers import Customers
from benchmarks.speed.bulk.made_up_files import write_shop
from benchmarks.speed.bulk.made_up_shop import MadeUpShop
from benchmarks.speed.figures import Figure, Goal, Result
from benchmarks.speed.scale import Scale
from benchmarks.speed.servers import servers
from stack import StackError
from stack.live import LiveStack
from stack.ports import free_port

Say = Callable[[str], None]

PACE, MEMORY = "pace", "peak memory of the largest process"

REMARKS = [
    "Announce, rebuild and reconcile work on a shop of so many rows in the owning apps' tables: of ten one is a "
    "product, two are users, seven are orders, which have one to three lines each. Every row is announced once, so "
    "the log holds as many events. The rebuild runs with two processes beside the whole running shop (web, relay, "
    "history worker, beat), while customers order and look five times a second; its pace is what the command "
    "prints: from the moment when there are spare tables to fill until they hold everything, derived rows and indexes "
    "included, the comparison not. Reconciling compares each row with its source through the running workers.",
    "Import reads files of products, orders and lines as [importing.md](importing.md) describes them, with the "
    "workers away; its pace is rows of all files a second, checking included.",
    "The live pipeline applying the same backlog stands beside it as `live`, from the first worker's start, Python's "
    "included, until the history has caught up.",
]


def run(scale: Scale, say: Say) -> Result:
    figures: list[Figure] = []
    for rows, rounds in scale.choose([(100_000, 3), (1_000_000, 1)], [(10_000, 1)]):
        setting = f"{rows:,} rows"
        figures += _import(rows, setting, rounds, say)
        figures += _shop(rows, setting, rounds, say)
    return Result("bulk", "Import, announce, rebuild, reconcile", figures, _goals(scale, figures), REMARKS)


def _import(rows: int, setting: str, rounds: int, say: Say) -> list[Figure]:
    paces, peaks = [], []
    for number in range(rounds):
        say(f"import of {setting}, round {number + 1} of {rounds}")
        with _migrated() as (env, folder):
            written = write_shop(folder / "files", rows=rows)
            done = manage(env, "import_shop", str(folder / "files"))
            paces.append(written / done.seconds)
            peaks.append(done.peak)
    return _figures("import", setting, paces, peaks)


def _shop(rows: int, setting: str, rounds: int, say: Say) -> list[Figure]:
    with _migrated() as (env, folder):
        shop = MadeUpShop(rows)
        shop.fill(env["DATABASE_URL"])
        say(f"announcing {setting}")
        announced = [manage(env, "announce", topic, "--rate", "0") for topic in shop.counts]
        figures = _figures(
            "announce", setting, [rows / sum(run.seconds for run in announced)], _peaks(announced)
        )
        with LiveStack(folder, env={**env, "PORT": str(free_port())}) as stack:
            say(f"the live pipeline applies {setting}")
            stack.start("web", "relay", "history", "beat")
            live = manage(env, "wait_until_caught_up", "--timeout", "1200")
            figures.append(Figure("live", PACE, "rows/s", (rows / live.seconds,), setting))
            figures += _rebuild(stack, shop, setting, 3, say)  # however many rows: it is the noisiest
            figures += _reconcile(stack, rows, setting, rounds, say)
    return figures


def _rebuild(stack: LiveStack, shop: MadeUpShop, setting: str, rounds: int, say: Say) -> list[Figure]:
    paces, runs = [], []
    for number in range(rounds):
        with Customers(int(stack.env["PORT"]), shop.a_product) as customers:
            say(f"rebuild of {setting} beside customers, round {number + 1} of {rounds}")
            manage(stack.env, "rebuild_order_history", "--discard")
            runs.append(manage(stack.env, "rebuild_order_history"))
        if customers.troubles or not customers.orders:
            raise StackError(f"customers during a rebuild: {customers.orders} orders, {customers.troubles}")
        paces.append(_pace_said(runs[-1]))
    return _figures("rebuild", setting, paces, _peaks(runs))


def _reconcile(stack: LiveStack, rows: int, setting: str, rounds: int, say: Say) -> list[Figure]:
    runs = []
    for number in range(rounds):
        say(f"reconciling {setting}, round {number + 1} of {rounds}")
        runs.append(manage(stack.env, "reconcile", "--json"))
        compared = sum(part["rows"] for part in json.loads(runs[-1].said)["parts"].values())
        if compared < rows:
            raise StackError(f"reconcile compared {compared:,} of {rows:,} rows")
    seconds = Figure("reconcile", "time", "s", tuple(run.seconds for run in runs), setting)
    return [*_figures("reconcile", setting, [rows / run.seconds for run in runs], _peaks(runs)), seconds]


def _figures(who: str, setting: str, paces: list[float], peaks: list[float]) -> list[Figure]:
    return [
        Figure(who, PACE, "rows/s", tuple(paces), setting),
        Figure(who, MEMORY, "MB", tuple(peaks), setting),
    ]


def _peaks(runs: list[Run]) -> list[float]:
    return [run.peak for run in runs]


def _pace_said(run: Run) -> float:
    """Of "1,000 events in 1.0 s: 1,000 a second (…)"."""
    line = next(line for line in run.said.splitlines() if " events in " in line)
    return float(line.split(": ")[1].split(" ")[0].replace(",", ""))


@contextmanager
def _migrated() -> Iterator[tuple[Mapping[str, str], Path]]:
    with tempfile.TemporaryDirectory(prefix="shop-bulk-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with servers(folder) as env:
            for database in ("default", "order_history"):
                manage(env, "migrate", "--verbosity", "0", "--database", database)
            yield env, folder


def _goals(scale: Scale, figures: list[Figure]) -> list[Goal]:
    by = {(figure.contender, figure.metric, figure.setting): figure.median for figure in figures}
    settings = list(dict.fromkeys(figure.setting for figure in figures))
    most = settings[-1]
    live = by["live", PACE, most]

    def growth_of_memory(who: str) -> float:
        return by[who, MEMORY, most] / by[who, MEMORY, settings[0]]

    goals = [Goal("pace of a rebuild against the live pipeline", by["rebuild", PACE, most] / live, 1.0, True)]
    if scale.full:
        goals += [
            Goal(f"pace of a rebuild, {most}", by["rebuild", PACE, most], 20_000, True, "events/s"),
            Goal(f"reconciling {most}", by["reconcile", "time", most], 60, False, "s"),
        ]
        goals += [
            Goal(
                f"memory of {who}, ten times the rows",
                by[who, MEMORY, most] / by[who, MEMORY, settings[0]],
                1.5,
                False,
            )
            for who in ("import", "announce", "rebuild", "reconcile")
        ]
    return goals
