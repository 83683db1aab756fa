"""The three peers, each as its documentation recommends for production, tuned; each with two processes at work."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import redis

from benchmarks.speed.peers.peer import Peer, wait_until
from benchmarks.speed.pipeline.contender import Command, View
from benchmarks.speed.pipeline.databases import Told, create_database, fill
from benchmarks.speed.pipeline.ours import pid_of_redis
from stack.rabbit import RabbitServer

CELERY = "benchmarks.speed.peers.celery_outbox.celery"
PRODUCT = {"id": Told.ID, "title": Told.TITLE, "image": Told.IMAGE, "version": Told.VERSION}


class DjangoCqrs(Peer):
    """Two consumers; what sends is the producer itself, after its commit, so what it sends then can be lost."""

    name = "django-cqrs, RabbitMQ"
    project = "cqrs"
    backlog = 1_500

    def __init__(self, folder: Path, env: Mapping[str, str], rabbit: RabbitServer) -> None:
        self.rabbit = rabbit
        databases = {
            "SOURCE_URL": create_database(env, "cqrs_source"),
            "VIEW_URL": create_database(env, "cqrs_view"),
        }
        super().__init__(folder, {**env, **databases, "RABBIT_URL": rabbit.url.rstrip("/")})

    @property
    def view(self) -> View:
        return View(self.env["VIEW_URL"], "product_copy")

    @property
    def producer(self) -> Command:
        return self.module("produce", SIDE="master")

    def prepare(self) -> None:
        for side in ("master", "replica"):
            self.run(self.manage("migrate", "--run-syncdb", "--verbosity", "0", SIDE=side))
        revised = {"cqrs_revision": 0, "cqrs_updated": datetime.now(UTC)}
        fill(self.env["SOURCE_URL"], "product", {**PRODUCT, **revised})
        fill(self.env["VIEW_URL"], "product_copy", {**PRODUCT, **revised})

    def start(self) -> None:
        self.launch(self.manage("cqrs_consume", "-w", "2", SIDE="replica"))
        wait_until(lambda: self._consumers() == 2, what=self.name, log=self.log)

    def servers(self) -> Iterable[int]:
        return [self.rabbit.pid] if self.rabbit.pid else []

    def _consumers(self) -> int:
        return (
            self.rabbit.control("list_consumers", "queue_name", "--quiet").split().count("products_replica")
        )


class CeleryOutbox(Peer):
    """One relay and one worker with one process, on a database of the Redis server of their own."""

    name = "django-celery-outbox, Redis"
    project = "celery_outbox"
    backlog = 800

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        databases = {
            "SOURCE_URL": create_database(env, "celery_outbox_source"),
            "VIEW_URL": create_database(env, "celery_outbox_view"),
        }
        broker = env["CELERY_BROKER_URL"].removesuffix("/0") + "/2"
        super().__init__(folder, {**env, **databases, "CELERY_BROKER_URL": broker})

    @property
    def view(self) -> View:
        return View(self.env["VIEW_URL"], "product_copy")

    @property
    def producer(self) -> Command:
        return self.module("produce", SIDE="shop")

    def prepare(self) -> None:
        for side in ("shop", "reader"):
            self.run(self.manage("migrate", "--run-syncdb", "--verbosity", "0", SIDE=side))
        fill(self.env["SOURCE_URL"], "product", PRODUCT)
        fill(self.env["VIEW_URL"], "product_copy", PRODUCT)

    def start(self) -> None:
        relay = ("celery_outbox_relay", "--batch-size", "500", "--idle-time", "0.02")
        worker = (
            "worker",
            "--concurrency",
            "1",
            "--loglevel",
            "WARNING",
            "--without-gossip",
            "--without-mingle",
        )
        self.launch(
            self.manage(*relay, SIDE="shop"),
            self.command("-m", "celery", "--quiet", "-A", CELERY, *worker, SIDE="reader"),
        )
        wait_until(self._works, what=self.name, log=self.log)

    def servers(self) -> Iterable[int]:
        return [pid_of_redis(self.env["CELERY_BROKER_URL"])]

    def _works(self) -> bool:
        with redis.Redis.from_url(self.env["CELERY_BROKER_URL"]) as client:
            connections: Any = client.client_list()
        return any(each["db"] == "2" and each["cmd"] == "brpop" for each in connections)


class ReliableOutbox(Peer):
    """Two workers; the copy is in the outbox's own database, as its promises cover no other."""

    name = "django-reliable-outbox"
    project = "reliable_outbox"
    backlog = 1_000
    python = (3, 12)

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        super().__init__(folder, {**env, "SOURCE_URL": create_database(env, "reliable_outbox")})

    @property
    def view(self) -> View:
        return View(self.env["SOURCE_URL"], "product_copy")

    @property
    def producer(self) -> Command:
        return self.module("produce")

    def prepare(self) -> None:
        self.run(self.manage("migrate", "--run-syncdb", "--verbosity", "0"))
        fill(self.env["SOURCE_URL"], "product", PRODUCT)
        fill(self.env["SOURCE_URL"], "product_copy", PRODUCT)

    def start(self) -> None:
        self.launch(self.manage("outbox_worker"), self.manage("outbox_worker"))
        wait_until(lambda: self._listening() == 2, what=self.name, log=self.log)

    def servers(self) -> Iterable[int]:
        return []

    def _listening(self) -> int:
        listening = "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'LISTEN %reliable_outbox%'"
        with psycopg.connect(self.env["SOURCE_URL"]) as connection:
            return int((connection.execute(listening).fetchone() or [0])[0])
