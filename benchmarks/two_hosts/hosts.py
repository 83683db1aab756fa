"""The shop on host one, with servers that host two reaches, and a history worker on each host."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis

from benchmarks.chaos import brokers
from benchmarks.chaos.shop import Account
from benchmarks.chaos.stage import PROGRAMS, STAFF, Stage, wait_for_web
from benchmarks.two_hosts.network import ONE, Network
from stack import PROCFILE
from stack.live import LiveStack
from stack.ports import free_port
from stack.postgres import PostgresServer


@contextmanager
def set_up(data_dir: Path, network: Network) -> Iterator[Stage]:
    """To be entered on host one. Raises StackError."""
    with ExitStack() as running:
        broker = brokers.Redis(data_dir / "broker")
        running.enter_context(broker.server)
        postgres = running.enter_context(PostgresServer(settings={"listen_addresses": f"127.0.0.1,{ONE}"}))
        _open_to_the_network(broker, postgres)
        password = secrets.token_urlsafe(12)
        env = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("CELERY_", "EVENT_"))
            },
            "DEBUG": "0",
            "DJANGO_SETTINGS_MODULE": "benchmarks.chaos.settings",
            "DJANGO_SUPERUSER_PASSWORD": password,
            "CELERY_BROKER_URL": _at_one(broker.server.url),
            "DATABASE_URL": _at_one(postgres.create_database("shop")),
            "ORDER_HISTORY_DATABASE_URL": _at_one(postgres.create_database("order_history")),
            "PORT": str(free_port()),
        }
        procfile = _with_a_worker_on_two(data_dir, network)
        stack = running.enter_context(LiveStack(data_dir, env=env, procfile=procfile))
        stack.migrate()
        _note_who_applies(env["ORDER_HISTORY_DATABASE_URL"])
        stack.start(*PROGRAMS)
        stack.manage("createsuperuser", "--noinput", "--email", STAFF)
        stage = Stage(stack, broker, {"shop": postgres}, Account(email=STAFF, password=password))
        wait_for_web(stage)
        stack.wait_until_caught_up(timeout=120)
        yield stage


def _open_to_the_network(broker: brokers.Redis, postgres: PostgresServer) -> None:
    with redis.Redis.from_url(broker.server.url) as client:
        client.config_set("bind", f"127.0.0.1 {ONE}")
    with (postgres.directory / "data" / "pg_hba.conf").open("a") as rules:
        rules.write(f"host all all {ONE}/24 scram-sha-256\n")
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        connection.execute("SELECT pg_reload_conf()")


def _at_one(url: str) -> str:
    return urlsplit(url)._replace(netloc=urlsplit(url).netloc.replace("127.0.0.1", ONE)).geturl()


def _with_a_worker_on_two(data_dir: Path, network: Network) -> Path:
    """The product's own Procfile, with a second worker for the history, on host two."""
    lines = PROCFILE.read_text().splitlines()
    second = [
        line.replace("history: ", f"history_2: ip netns exec {network.two} ", 1)
        for line in lines
        if line.startswith("history:")
    ]
    path = data_dir / "Procfile"
    path.write_text("\n".join([*lines, *second]) + "\n")
    return path


def _note_who_applies(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE inbox_delivery ADD COLUMN client inet DEFAULT inet_client_addr()")
