"""The real stack, with every server under the harness's own hands."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.chaos.brokers import KINDS, Broker
from benchmarks.chaos.sabotage import VARIABLE
from benchmarks.chaos.shop import Account, Shop, Unanswered
from benchmarks.chaos.switches import STOP_CHILD_APPLYING, Switches
from stack import PROCFILE, StackError
from stack.live import LiveStack
from stack.ports import free_port
from stack.postgres import PostgresServer

WORKERS = ("relay", "history", "history_2")
PROGRAMS = ("web", *WORKERS, "beat")
STAFF = "staff@example.com"


class Stage:
    """What is running. Servers must be restarted by the thread that made this: they end with it."""

    def __init__(
        self, stack: LiveStack, broker: Broker, postgres: dict[str, PostgresServer], staff: Account
    ) -> None:
        self.stack = stack
        self.broker = broker
        self.postgres = postgres
        self.staff = staff
        self.port = int(stack.env["PORT"])
        self.switches = Switches(stack.data_dir)

    def process_ids(self, program: str) -> list[int]:
        """The main process first; empty while it is being restarted."""
        pid = self.stack.pid(program)
        return [pid, *children_of(pid)] if pid else []

    def main_process_ids(self) -> list[int]:
        """Of the workers that run."""
        return [pid for program in WORKERS if (pid := self.stack.pid(program))]

    def kill(self, program: str) -> bool:
        """SIGKILL to the main process alone. False if none is running."""
        pid = self.stack.pid(program)
        return pid is not None and send_signal(pid, signal.SIGKILL)

    def repair(self) -> None:
        """Whatever was done to servers and processes is undone."""
        if stopped := self.switches.note(f"{STOP_CHILD_APPLYING}.pid"):
            send_signal(int(stopped), signal.SIGCONT)
        self.switches.close_all()
        self.broker.server.resume()
        self.broker.server.start()
        self.broker.make_room()
        for server in self.postgres.values():
            server.start()
        for program in PROGRAMS:
            for pid in self.process_ids(program):
                send_signal(pid, signal.SIGCONT)


@contextmanager
def set_up(data_dir: Path, *, database: str, broker_kind: str, sabotage: str | None) -> Iterator[Stage]:
    """A migrated, running shop with a member of staff. Raises StackError."""
    with ExitStack() as running:
        broker = KINDS[broker_kind](data_dir / "broker")
        running.enter_context(broker.server)
        postgres: dict[str, PostgresServer] = {}
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
            "CELERY_BROKER_URL": broker.server.url,
            "DATABASE_URL": "",
            "ORDER_HISTORY_DATABASE_URL": "",
            "PORT": str(free_port()),
            VARIABLE: sabotage or "",
        }
        if database == "postgres":
            # Durable: a server that acknowledges what it forgets in a crash would fail any shop.
            for variable, name in [("DATABASE_URL", "shop"), ("ORDER_HISTORY_DATABASE_URL", "order_history")]:
                postgres[name] = running.enter_context(PostgresServer())
                env[variable] = postgres[name].create_database(name)
        stack = running.enter_context(LiveStack(data_dir, env=env, procfile=write_procfile(data_dir)))
        stack.migrate()
        stack.start(*PROGRAMS)
        stack.manage("createsuperuser", "--noinput", "--email", STAFF)
        stage = Stage(stack, broker, postgres, Account(email=STAFF, password=password))
        wait_for_web(stage)
        # Until the workers work too, no fault is seen: what is not sent cannot be lost on the way.
        stack.wait_until_caught_up(timeout=120)
        yield stage


def write_procfile(data_dir: Path) -> Path:
    """The product's own, with a second worker for the history."""
    lines = PROCFILE.read_text().splitlines()
    second = [line.replace("history:", "history_2:", 1) for line in lines if line.startswith("history:")]
    path = data_dir / "Procfile"
    path.write_text("\n".join([*lines, *second]) + "\n")
    return path


def wait_for_web(stage: Stage, *, seconds: float = 60) -> None:
    shop, deadline = Shop(stage.port), time.monotonic() + seconds
    while True:
        try:
            shop.sign_in(stage.staff)
            return
        except Unanswered as error:
            if time.monotonic() > deadline:
                raise StackError(f"The shop does not answer: {error}", log=stage.stack.log("web")) from error
        time.sleep(0.1)


def children_of(pid: int) -> list[int]:
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(child) for child in found.stdout.split()]


def send_signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
