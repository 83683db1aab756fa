"""The query: a page of what a user has ordered, beside the ways to answer it without a history of its own."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

from benchmarks.speed.figures import Figure, Goal, Result
from benchmarks.speed.load import load, require_wrk, write_tokens
from benchmarks.speed.population import Population, fill_history, fill_shop
from benchmarks.speed.rounds import Measured, interleaved
from benchmarks.speed.scale import Scale
from benchmarks.speed.servers import servers
from benchmarks.speed.web import get, migrate, production, web
from stack import StackError

ADDRESSES = {
    "order history": "/api/v1/order-history/users/{user}/products/",
    "joined tables": "/joined/users/{user}/products/",
    "three services": "/composed/users/{user}/products/",
    "constant": "/constant/users/{user}/products/",
}
SERVICES = ("users", "orders", "products")
CONNECTIONS = 16
ASKED_FOR = 20_000
"""Users, at most, whose histories are asked for."""


def run(scale: Scale, say: Callable[[str], None]) -> Result:
    require_wrk()
    population = Population(users=scale.choose(100_000, 1_000))
    with tempfile.TemporaryDirectory(prefix="shop-query-") as folder, servers(Path(folder)) as env:
        say(f"building {population.lines:,} order lines, twice")
        _build(env, population)
        with _serving(env, Path(folder), population) as addresses:
            figures = _measure(addresses, Path(folder) / "tokens", scale, say)
    title = f"The query: a page of 50 for one of {population.users:,} users with {population.products} products each"
    return Result("query", title, figures, _goals(figures), _remarks(population))


def _build(env: Mapping[str, str], population: Population) -> None:
    migrate(env, "default", "order_history")
    fill_history(env["ORDER_HISTORY_DATABASE_URL"], population)
    fill_shop(env["DATABASE_URL"], population)


@contextmanager
def _serving(env: Mapping[str, str], folder: Path, population: Population) -> Iterator[dict[str, str]]:
    """The contenders' addresses, all but the services' behind the same web processes."""
    env = production(env, settings="benchmarks.speed.query.settings")
    users = Random(1).sample(range(population.users), min(population.users, ASKED_FOR))
    ids = [population.user_id(number) for number in users]
    write_tokens(folder / "tokens", ids, signing_key=env["JWT_SIGNING_KEY"])
    with ExitStack() as running:
        of_service = {name: running.enter_context(web(env, folder / f"{name}.log")) for name in SERVICES}
        settings = {
            **{f"{name.upper()}_SERVICE": address for name, address in of_service.items()},
            "CONSTANT_PAGE": str(folder / "constant.json"),
        }
        server = running.enter_context(web({**env, **settings}, folder / "web.log"))
        addresses = {name: server + path for name, path in ADDRESSES.items()}
        _require_the_same_answer(addresses, folder)
        yield addresses


def _require_the_same_answer(addresses: Mapping[str, str], folder: Path) -> None:
    """Leaves it for the constant. Raises StackError if two contenders differ."""
    user, token = (folder / "tokens").read_text().split("\n", 1)[0].split()
    pages = {
        name: json.loads(get(address.replace("{user}", user), token=token))
        for name, address in addresses.items()
        if name != "constant"
    }
    page = pages["order history"]
    for name, other in pages.items():
        if other["results"] != page["results"] or bool(other["next"]) != bool(page["next"]):
            raise StackError(f"{name} answers otherwise than the order history")
    (folder / "constant.json").write_text(json.dumps(page))


def _measure(
    addresses: Mapping[str, str], tokens: Path, scale: Scale, say: Callable[[str], None]
) -> list[Figure]:
    def asking(address: str) -> Callable[[], Measured]:
        def measure() -> Measured:
            many = load(address, tokens, connections=CONNECTIONS, seconds=scale.choose(8, 2))
            measured = {
                ("answers", "requests/s"): many.per_second,
                (f"p50 with {CONNECTIONS} clients at once", "ms"): many.p50,
                (f"p99 with {CONNECTIONS} clients at once", "ms"): many.p99,
            }
            if scale.full:
                one = load(address, tokens, connections=1, seconds=4)
                measured |= {("p50 with one client", "ms"): one.p50, ("p99 with one client", "ms"): one.p99}
            return measured

        return measure

    for address in addresses.values():
        load(address, tokens, connections=CONNECTIONS, seconds=3)
    contenders = {name: asking(address) for name, address in addresses.items()}
    # What disturbs a machine lasts for seconds, as long as one of the short turns: hence more of them.
    return interleaved(contenders, rounds=scale.choose(scale.rounds, 9), say=say)


def _goals(figures: list[Figure]) -> list[Goal]:
    rate = {each.contender: each.median for each in figures if each.metric == "answers"}
    ours = rate["order history"]
    return [
        Goal(
            "requests/s of those of a view that answers with a constant", ours / rate["constant"], 0.7, True
        ),
        Goal("requests/s of those by joining the owners' tables", ours / rate["joined tables"], 1.0, True),
        Goal("requests/s of those by asking three services", ours / rate["three services"], 5.0, True),
    ]


def _remarks(population: Population) -> list[str]:
    return [
        "`GET /api/v1/order-history/users/{id}/products/`, first page, by users taken at random, each with a JWT of "
        "their own, over HTTP with kept connections. gunicorn runs as in the Procfile (2 processes of 4 threads) with "
        "`config.settings.production`: every middleware, a line of log for each request. The load comes from wrk, one "
        f"thread, on the same machine: {CONNECTIONS} connections that ask again at once, then a single one.",
        f"All have {population.orders} orders of 3 lines, in the tables in the order of their time, and nobody "
        "orders a product twice: more lines would be more work for a join, not for the history.",
        "*joined tables* is one SQL query over orders, order lines and products as their owners keep them: grouped by "
        "product, cut to a page, and only then joined with titles. The indexes that it needs are there (orders by "
        "user, lines by order, products by id); serializer, paging, ETag and authentication are the history's own. "
        "It could only be written where all these tables stand in one database.",
        "*three services* is one call to users, orders and products each, by connections that stay open (urllib3), all "
        "ids of a page in one call, each service 2 gunicorn processes on the same two cores. Network between them "
        "would come on top.",
        "*constant* is a DRF view with the same authentication and middleware that returns the same page to everybody "
        "and looks nothing up: what is left for the others is what Django, DRF and gunicorn do not take.",
    ]
