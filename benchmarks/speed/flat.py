"""It stays flat: a page of the history while the history grows, and for users who have ordered much."""

import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random

import psycopg

from benchmarks.speed.figures import Figure, Goal, Result
from benchmarks.speed.load import load, require_wrk, write_tokens
from benchmarks.speed.population import Population, fill_history
from benchmarks.speed.rounds import Measured, interleaved
from benchmarks.speed.scale import Scale
from benchmarks.speed.servers import servers
from benchmarks.speed.web import migrate, production, web

PATH = "/api/v1/order-history/users/{user}/products/"
P50 = "p50 with one client"
ASKED_FOR = 20_000
"""Users, at most, whose histories are asked for."""


def run(scale: Scale, say: Callable[[str], None]) -> Result:
    require_wrk()
    sizes = scale.choose((10**4, 10**5, 10**6, 10**7), (10**4, 10**5))
    seconds = scale.choose(3, 1)
    with (
        tempfile.TemporaryDirectory(prefix="shop-flat-") as folder,
        servers(Path(folder)) as env,
        ExitStack() as running,
    ):
        env = production(env)
        migrate(env, "default")
        asking: dict[str, Callable[[], Measured]] = {}
        for lines in sizes:
            say(f"building {lines:,} order lines")
            usual = Population(users=lines // 60)
            large = _who_ordered_much(scale) if lines == sizes[-1] else {}
            at = _with_history(env, f"history_{lines}", usual, *large.values())
            address = running.enter_context(web(at, Path(folder) / f"{lines}.log")) + PATH
            for setting, population in {f"{lines:,} order lines": usual, **large}.items():
                tokens = Path(folder) / f"{population.kind}-{lines}"
                _write_tokens(tokens, population, at)
                asking[setting] = _asking(address, tokens, seconds)
        for measure in asking.values():
            measure()
        figures = [
            replace(each, contender="order history", setting=each.contender)
            for each in interleaved(asking, rounds=scale.rounds, say=say)
        ]
    title = "It stays flat: a page of a history that grows"
    return Result("flat", title, figures, _goals(figures, sizes), _remarks(sizes))


def _who_ordered_much(scale: Scale) -> dict[str, Population]:
    sizes = scale.choose({10: 100, 1_000: 50, 10_000: 20}, {10: 20, 1_000: 10})
    return {
        f"users with {products:,} products": Population(users, products, kind=f"user-of-{products}")
        for products, users in sizes.items()
    }


def _with_history(env: Mapping[str, str], name: str, *populations: Population) -> dict[str, str]:
    """The environment of processes whose history is these populations', in a database of its own."""
    server = env["ORDER_HISTORY_DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(env["ORDER_HISTORY_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    at = {**env, "ORDER_HISTORY_DATABASE_URL": f"{server}/{name}"}
    migrate(at, "order_history")
    fill_history(at["ORDER_HISTORY_DATABASE_URL"], *populations)
    return at


def _write_tokens(file: Path, population: Population, env: Mapping[str, str]) -> None:
    chosen = Random(1).sample(range(population.users), min(population.users, ASKED_FOR))
    write_tokens(file, map(population.user_id, chosen), signing_key=env["JWT_SIGNING_KEY"])


def _asking(address: str, tokens: Path, seconds: int) -> Callable[[], Measured]:
    def measure() -> Measured:
        answers = load(address, tokens, connections=1, seconds=seconds)
        return {(P50, "ms"): answers.p50, ("p99 with one client", "ms"): answers.p99}

    return measure


def _goals(figures: list[Figure], sizes: tuple[int, ...]) -> list[Goal]:
    p50 = {each.setting: each.median for each in figures if each.metric == P50}
    first, last = (p50[f"{lines:,} order lines"] for lines in (sizes[0], sizes[-1]))
    text = f"p50 at {sizes[-1]:,} order lines of that at {sizes[0]:,}"
    return [Goal(text, last / first, 1.3, at_least=False)]


def _remarks(sizes: tuple[int, ...]) -> list[str]:
    return [
        "The first page of `GET /api/v1/order-history/users/{id}/products/`, asked by one client who asks again at "
        "once (wrk, kept connection): what one answer takes, not what it waits for others. Each size is a database "
        "of its own with web processes of its own on the same server, and all take turns. Users have 60 products, "
        "their rows all over the table in the order in which they were ordered.",
        f"The users with 10, 1,000 and more products stand in the history with {sizes[-1]:,} order lines beside "
        "the usual ones. A page has 50 products, theirs with 10 has 10.",
    ]
