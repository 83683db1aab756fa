"""The running shop: its processes under supervision, and commands that run beside them."""

import fcntl
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from stack import CODE_DIR, PROCFILE, StackError
from stack.broker import Broker, require
from stack.procfile import programs
from stack.supervisor import Program, Supervisor
from stack.tether import tethered

DATABASES = ["default", "order_history"]
BROKER = Program("broker", "exec python -m stack.broker", group="broker")


class LiveStack:
    """Entered, it runs a broker (unless CELERY_BROKER_URL names one) and nothing else until `start`.

    `env` is the whole environment of its processes, by default this one's; `env_of` adds to that of single
    programs. A program that dies is running again a second later; with restart=False it stays dead.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        env: Mapping[str, str] | None = None,
        env_of: Mapping[str, Mapping[str, str]] | None = None,
        procfile: Path = PROCFILE,
        restart: bool = True,
    ) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.env = {
            "PYTHONUNBUFFERED": "1",
            **(os.environ if env is None else env),
            "DATA_DIR": str(self.data_dir),
        }
        # The virtual environment is in front whether it was activated or not.
        self.env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{self.env.get('PATH', os.defpath)}"
        self.broker = None if self.env.get("CELERY_BROKER_URL") else Broker(self.data_dir / "broker")
        chosen = [*([BROKER] if self.broker else []), *programs(procfile).values()]
        for name, extra in (env_of or {}).items():
            chosen = [replace(one, env=extra) if one.name == name else one for one in chosen]
        self.supervisor = Supervisor(chosen, data_dir=self.data_dir, env=self.env, restart=restart)

    @property
    def broker_url(self) -> str:
        return (self.broker and self.broker.url) or self.env.get("CELERY_BROKER_URL", "")

    def __enter__(self) -> "LiveStack":
        make_data_dir(self.data_dir)
        if not self.broker:
            require(self.broker_url, master_name=self.env.get("CELERY_BROKER_MASTER_NAME", ""))
        self.supervisor.start()
        try:
            if self.broker:
                self.supervisor.start_program(BROKER.name)
                self.broker.wait_until_it_answers()
        except BaseException as error:
            self.supervisor.stop()
            if isinstance(error, StackError):
                error.log = self.log(BROKER.name)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.supervisor.stop()

    def migrate(self) -> None:
        """Raises StackError, with the command's own words, if a database cannot be prepared."""
        with locked(self.data_dir / "run" / "migrate.lock"):
            for database in DATABASES:
                self.manage("migrate", "--database", database, "--verbosity", "0", timeout=600)

    def start(self, *names: str) -> None:
        """Programs of the Procfile. Raises StackError if one ends at once."""
        self.supervisor.start_program(*names)

    def stop(self, name: str) -> None:
        """As an operator would: it may finish what it is doing."""
        self.supervisor.stop_program(name)

    def signal(self, name: str, signal_name: str) -> None:
        """KILL, STOP, CONT… to the program's main process."""
        self.supervisor.signal_program(name, signal_name)

    def kill(self, name: str) -> None:
        """Returns once it is dead, whoever restarts it then."""
        before = self.pid(name)
        self.signal(name, "KILL")
        while before and self.pid(name) == before:
            time.sleep(0.01)

    def pid(self, name: str) -> int | None:
        return self.supervisor.pid(name)

    def children(self, name: str) -> list[int]:
        """Process ids of the program's children, such as the one that runs a worker's tasks."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.pid(name))], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in found.stdout.split()]

    def log(self, name: str) -> Path:
        return self.supervisor.log(name)

    def manage(
        self,
        *arguments: str,
        timeout: float = 120,
        check: bool = True,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """A management command, its output captured; `env` adds to its environment.

        Raises StackError if it fails, unless check=False.
        """
        command = tethered(sys.executable, str(CODE_DIR / "manage.py"), *arguments)
        try:
            done = subprocess.run(
                command,
                env={**self.env, **(env or {})},
                capture_output=True,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise StackError(f"manage.py {arguments[0]} took longer than {timeout:.0f} s.") from error
        if check and done.returncode != 0:
            said = (done.stderr or done.stdout).strip()
            if "Traceback" in said:  # its last line says what, and is what can be understood
                said = re.split(r"\n(?=\S)", said)[-1]
            raise StackError(f"manage.py {' '.join(arguments)} failed ({done.returncode}):\n{said}")
        return done

    def run(self, words: Sequence[str], *, stdout: Any = None) -> int:
        """A command at this terminal; its exit status. Raises StackError if a program keeps dying."""
        if words[0] in ("manage.py", "./manage.py"):
            words = [sys.executable, str(CODE_DIR / "manage.py"), *words[1:]]
        process = subprocess.Popen(tethered(*words), env=self.env, stdout=stdout)
        try:
            while True:
                try:
                    return process.wait(timeout=0.5)
                except subprocess.TimeoutExpired:
                    self.supervisor.watch()
        except BaseException:
            # Ctrl-C has reached it as well; it may finish saying so.
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            raise

    def wait_until_caught_up(self, *, timeout: float = 60) -> int:
        """The number of events that all subscriptions have applied. Raises StackError if it takes longer."""
        done = self.manage("wait_until_caught_up", "--json", timeout=timeout)
        return sum(int(subscription["applied"]) for subscription in json.loads(done.stdout))


def make_data_dir(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
        (path / "run").mkdir(exist_ok=True)
        (path / "run" / "migrate.lock").touch()
    except OSError as error:
        reason = f"DATA_DIR {path} cannot be written to ({error.strerror})."
        raise StackError(f"{reason} Choose another one: DATA_DIR=/tmp/shop make …") from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
