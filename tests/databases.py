"""Early pytest plugin: gives the run its databases and its broker, before Django reads its settings."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

import psycopg
import pytest

from stack.broker_server import BrokerServer
from stack.live import LiveStack, make_data_dir
from stack.postgres import PostgresServer

TITLES = {"DATABASE_URL": "shop", "ORDER_HISTORY_DATABASE_URL": "history"}


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
        with self._databases(dict.fromkeys(TITLES, "template1")) as databases:
            yield databases

    @contextmanager
    def migrated_databases(self, data_dir: Path) -> Iterator[dict[str, str]]:
        """As `new_databases`, or files in `data_dir`, with what `migrate` makes: it is run once, and copied."""
        if not self.postgres_url:
            data_dir.mkdir(parents=True, exist_ok=True)
            for file in self._migrated_files:
                shutil.copy(file, data_dir)
            yield {}
            return
        with self._databases(self._migrated_names) as databases:
            yield databases

    @cached_property
    def _migrated_files(self) -> list[Path]:
        folder = self.data_dir / "migrated"
        self._migrate(folder, {})
        return [*folder.glob("*.sqlite3")]

    @cached_property
    def _migrated_names(self) -> dict[str, str]:
        databases = self._running.enter_context(self.new_databases())
        self._migrate(self.data_dir / "migrated", databases)
        return {variable: url.rpartition("/")[2] for variable, url in databases.items()}

    def _migrate(self, data_dir: Path, databases: dict[str, str]) -> None:
        make_data_dir(data_dir)
        LiveStack(data_dir, env={**os.environ, **databases}).migrate()

    @contextmanager
    def _databases(self, templates: dict[str, str]) -> Iterator[dict[str, str]]:
        prefix = f"live_{uuid.uuid4().hex[:12]}"
        names = {variable: f"{prefix}_{TITLES[variable]}" for variable in templates}
        self._execute(*(f'CREATE DATABASE "{names[v]}" TEMPLATE "{templates[v]}"' for v in templates))
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
