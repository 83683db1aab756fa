"""Early pytest plugin: gives the run its databases and its broker, before Django reads its settings."""

import os
import tempfile
import uuid
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from stack.broker_server import BrokerServer
from stack.postgres import PostgresServer


class Servers:
    """What runs for as long as the tests do. Nothing of the developer's own environment is touched."""

    broker: BrokerServer
    postgres_url: str | None = None  # of the server, ends with "/"; None: the tests use SQLite

    def __init__(self) -> None:
        self._running = ExitStack()
        self.data_dir = Path(self._running.enter_context(tempfile.TemporaryDirectory(prefix="shop-tests-")))

    def start(self, database: str) -> None:
        os.environ["DATA_DIR"] = str(self.data_dir)
        for name in ("ANONYMOUS", "SIGN_UP", "SIGN_IN", "SIGN_IN_AS"):
            os.environ[f"THROTTLE_{name}"] = ""  # tests ask more often than people
        self.broker = self._running.enter_context(BrokerServer(self.data_dir / "test-broker"))
        os.environ["CELERY_BROKER_URL"] = self.broker.url
        if database == "sqlite":
            os.environ.pop("DATABASE_URL", None)
            os.environ.pop("ORDER_HISTORY_DATABASE_URL", None)
            return
        given = os.environ.get("TEST_DATABASE_URL", "")
        server = given or self._running.enter_context(PostgresServer(fsync=False)).url("")
        self.postgres_url = server.rstrip("/") + "/"
        os.environ["DATABASE_URL"] = f"{self.postgres_url}shop"
        os.environ["ORDER_HISTORY_DATABASE_URL"] = f"{self.postgres_url}order_history"

    def stop(self) -> None:
        self._running.close()

    @contextmanager
    def new_databases(self) -> Iterator[dict[str, str]]:
        """Environment that names two empty databases; with SQLite none, since DATA_DIR says it all."""
        if not self.postgres_url:
            yield {}
            return
        prefix = f"live_{uuid.uuid4().hex[:12]}"
        names = {"DATABASE_URL": f"{prefix}_shop", "ORDER_HISTORY_DATABASE_URL": f"{prefix}_history"}
        self._execute(*(f'CREATE DATABASE "{name}"' for name in names.values()))
        try:
            yield {variable: f"{self.postgres_url}{name}" for variable, name in names.items()}
        finally:
            self._execute(*(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)' for name in names.values()))

    def _execute(self, *statements: str) -> None:
        with psycopg.connect(f"{self.postgres_url}postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())


SERVERS = pytest.StashKey[Servers]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=["sqlite", "postgres"], default="sqlite", help="what the tests run on"
    )


# A wrapper comes before pytest-django's own hook, which reads the settings.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    servers = early_config.stash[SERVERS] = Servers()
    try:
        servers.start(early_config.known_args_namespace.database)
        return (yield)
    except BaseException:
        servers.stop()
        raise


def pytest_unconfigure(config: pytest.Config) -> None:
    if servers := config.stash.get(SERVERS, None):
        servers.stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What only PostgreSQL can do (several writers at once) is not a test on SQLite."""
    if config.getoption("--database") == "sqlite":
        left_out = [item for item in items if item.get_closest_marker("postgres")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
