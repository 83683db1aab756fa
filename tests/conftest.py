"""Fixtures that all tests share."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from demo import chromium
from stack.broker_server import BrokerServer
from stack.live import LiveStack
from stack.ports import free_port
from tests.databases import SERVERS, Servers
from tests.flushing import delete_instead_of_truncating
from tests.shopping import Shop

delete_instead_of_truncating()


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Servers:
    return pytestconfig.stash[SERVERS]


@pytest.fixture
def broker(servers: Servers) -> Iterator[BrokerServer]:
    """The broker of settings.CELERY_BROKER_URL: running and empty now, whatever the test does to it then."""
    make_ready(servers.broker)
    yield servers.broker
    make_ready(servers.broker)


@pytest.fixture
def raw(broker: BrokerServer) -> Iterator[redis.Redis]:
    """What only the broker itself can say of its queues."""
    client = redis.Redis.from_url(broker.url, socket_timeout=5)
    yield client
    client.close()


@pytest.fixture
def live_stack(servers: Servers, broker: BrokerServer, tmp_path: Path) -> Iterator[LiveStack]:
    """The shop's real processes on migrated databases of their own and `broker`; none of them runs yet."""
    with live_stack_in(servers, tmp_path / "live") as stack:
        yield stack


@pytest.fixture(scope="module")
def open_shop(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The whole shop, running; the tests of one module share it."""
    make_ready(servers.broker)
    with live_stack_in(servers, tmp_path_factory.mktemp("shop") / "live") as stack:
        stack.start("relay", "history", "beat")
        shop = Shop(stack)
        shop.open()
        yield shop


@contextmanager
def live_stack_in(servers: Servers, data_dir: Path, **environment: str) -> Iterator[LiveStack]:
    with servers.migrated_databases(data_dir) as databases:
        env = {
            **os.environ,
            "CELERY_BROKER_URL": servers.broker.url,
            "PORT": str(free_port()),
            **databases,
            **environment,
        }
        with LiveStack(data_dir, env=env) as stack:
            yield stack


def make_ready(broker: BrokerServer) -> None:
    broker.resume()
    broker.start()
    broker.flushall()


TESTS = Path(__file__).parent

SEE_NO_DATABASE = {
    *("browser", "monitoring", "simulation", "speed", "stack"),
    *(
        "test_command_line.py",
        "test_content_security_policy.py",
        "test_deployment.py",
        "test_frozen_worker.py",
    ),
    *("test_production_settings.py", "test_rabbitmq.py"),
}
"""Tests that are the same with either database: once is enough, as `pytest --database sqlite` runs."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """True leaves it out; None leaves it to others."""
    return True if collection_path.name in _left_out(config) and collection_path.parent == TESTS else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name, why in _left_out(config).items():
        terminalreporter.write_line(f"tests/{name} is left out. {why}", yellow=True)


def _left_out(config: pytest.Config) -> dict[str, str]:
    """What of the folder of tests, and why."""
    if config.getoption("--database") != "sqlite":
        why = "It sees no difference between databases: it runs with --database sqlite."
        return dict.fromkeys(sorted(SEE_NO_DATABASE), why)
    return {} if chromium.executable() else {"browser": chromium.HOW_TO_GET_IT}
