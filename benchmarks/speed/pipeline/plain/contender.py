"""Plain Celery on the same Redis server, one worker with one process."""

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import psycopg

from benchmarks.speed.pipeline.contender import Command, View
from benchmarks.speed.pipeline.databases import Told, create_database, fill
from benchmarks.speed.pipeline.ours import pid_of_redis
from stack import CODE_DIR
from stack.tether import tethered

WORKER = (
    "celery --quiet -A benchmarks.speed.pipeline.plain.app worker -Q plain -P prefork -c 1 --loglevel WARNING"
)
APART = "--without-gossip --without-mingle --without-heartbeat"

SOURCE = "CREATE TABLE product (id uuid PRIMARY KEY, title varchar(200), image varchar(200), version integer)"
VIEW = """
CREATE TABLE product_view (product_id uuid PRIMARY KEY, title varchar(200) NOT NULL, folded_title text NOT NULL,
image varchar(200) NOT NULL, withdrawn boolean NOT NULL, version integer NOT NULL);
CREATE INDEX product_view_by_title ON product_view (title, product_id);
"""


class PlainCelery:
    name = "Celery, on_commit(delay)"
    backlog = 2_000

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder = folder
        self._env = {
            **env,
            "DJANGO_SETTINGS_MODULE": "benchmarks.speed.pipeline.plain.settings",
            "PLAIN_BROKER_URL": env["CELERY_BROKER_URL"].removesuffix("/0") + "/1",
            "PLAIN_SOURCE_URL": create_database(env, "plain_source"),
            "PLAIN_VIEW_URL": create_database(env, "plain_view"),
        }
        self._worker: subprocess.Popen[bytes] | None = None

    @property
    def view(self) -> View:
        return View(self._env["PLAIN_VIEW_URL"], "product_view", "product_id")

    @property
    def producer(self) -> Command:
        return Command(
            [sys.executable, "-m", "benchmarks.speed.pipeline.plain.changing"], self._env, CODE_DIR
        )

    def prepare(self) -> None:
        for url, tables in [(self._env["PLAIN_SOURCE_URL"], SOURCE), (self._env["PLAIN_VIEW_URL"], VIEW)]:
            with psycopg.connect(url) as connection:
                connection.execute(tables)
        product = {"title": Told.TITLE, "image": Told.IMAGE, "version": Told.VERSION}
        fill(self._env["PLAIN_SOURCE_URL"], "product", {"id": Told.ID, **product})
        shown = {**product, "folded_title": Told.TITLE, "withdrawn": False}
        fill(self._env["PLAIN_VIEW_URL"], "product_view", {"product_id": Told.ID, **shown})

    def start(self) -> None:
        with (self._folder / "plain-worker.log").open("ab") as log:
            self._worker = subprocess.Popen(
                tethered(sys.executable, "-m", *WORKER.split(), *APART.split()),
                cwd=CODE_DIR,
                env=self._env,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        if self._worker:
            self._worker.terminate()
            try:
                self._worker.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._worker.kill()
                self._worker.wait()

    def carriers(self) -> Iterable[int]:
        return [self._worker.pid] if self._worker else []

    def servers(self) -> Iterable[int]:
        return [pid_of_redis(self._env["PLAIN_BROKER_URL"])]
