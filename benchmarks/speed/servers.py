"""Servers that a part of the benchmark measures against, the same for every contender."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from stack.broker_server import BrokerServer
from stack.postgres import PostgresServer

TUNED: Mapping[str, str | int] = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_connections": 200,
}
"""As somebody with 24 GiB would set it; durable: fsync and synchronous_commit stay on."""


@contextmanager
def servers(folder: Path) -> Iterator[dict[str, str]]:
    """One PostgreSQL with two databases and one broker, as the environment that the shop's processes need."""
    with ExitStack() as running:
        broker = running.enter_context(BrokerServer(folder / "broker"))
        postgres = running.enter_context(PostgresServer(settings=TUNED))
        yield environment_of(folder, postgres, broker)


def environment_of(folder: Path, postgres: PostgresServer, broker: BrokerServer) -> dict[str, str]:
    """With two databases that this makes."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CELERY_", "EVENT_BUS_", "OTEL_"))
    }
    return {
        **inherited,
        "DEBUG": "0",
        "LOG_LEVEL": "WARNING",
        "DATA_DIR": str(folder),
        "DATABASE_URL": postgres.create_database("shop"),
        "ORDER_HISTORY_DATABASE_URL": postgres.create_database("order_history"),
        "CELERY_BROKER_URL": broker.url,
    }
