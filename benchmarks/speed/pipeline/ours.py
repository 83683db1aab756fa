"""The shop as the Procfile runs it: relay, one history worker and beat."""

import sys
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import redis

from benchmarks.speed.pipeline.contender import Command, View
from benchmarks.speed.pipeline.databases import Told, fill
from stack import CODE_DIR
from stack.live import LiveStack

PROGRAMS = ("relay", "history", "beat")


class Ours:
    name = "order_history"
    backlog = 10_000

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._env = dict(env)
        self._stack = LiveStack(folder, env=env)
        self._running = ExitStack()

    @property
    def view(self) -> View:
        return View(self._env["ORDER_HISTORY_DATABASE_URL"], "order_history_historyproduct", "product_id")

    @property
    def producer(self) -> Command:
        words = [sys.executable, "-m", "benchmarks.speed.pipeline.changing"]
        return Command(words, {**self._env, "DJANGO_SETTINGS_MODULE": "config.settings.shop"}, CODE_DIR)

    def prepare(self) -> None:
        with self._stack:
            self._stack.migrate()
        product = {
            "title": Told.TITLE,
            "folded_title": Told.TITLE,
            "image": Told.IMAGE,
            "version": Told.VERSION,
        }
        priced = {"price": 10, "currency": "USD", "created_at": datetime.now(UTC)}
        fill(self._env["DATABASE_URL"], "products_product", {"id": Told.ID, **product, **priced})
        fill(self.view.database, self.view.table, {"product_id": Told.ID, **product, "withdrawn": False})

    def start(self) -> None:
        self._running.enter_context(self._stack)
        self._stack.start(*PROGRAMS)

    def stop(self) -> None:
        self._running.close()

    def carriers(self) -> Iterable[int]:
        return [pid for name in PROGRAMS if (pid := self._stack.pid(name))]

    def servers(self) -> Iterable[int]:
        return [pid_of_redis(self._env["CELERY_BROKER_URL"])]


def pid_of_redis(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.info("server")["process_id"])
