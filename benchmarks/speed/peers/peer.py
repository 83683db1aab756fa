"""What all peers have in common: an environment, a project, processes of their own."""

import os
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.speed.peers.environment import environment
from benchmarks.speed.pipeline.contender import Command, View
from stack import CODE_DIR, StackError
from stack.tether import tethered

PACKAGE = "benchmarks.speed.peers"
ENVIRONMENTS = Path(os.environ.get("DATA_DIR") or CODE_DIR / "var").resolve() / "peers"


class Peer(ABC):
    """A contender that runs in its own environment; a subclass says which project, and what to start."""

    name: str
    backlog: int
    project: str
    """The package below this one; its folder has the requirements."""
    python = (3, 11)
    """The oldest that it runs on."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.env = env
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    @abstractmethod
    def view(self) -> View: ...

    @property
    @abstractmethod
    def producer(self) -> Command: ...

    @abstractmethod
    def prepare(self) -> None: ...

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def servers(self) -> Iterable[int]: ...

    @property
    def log(self) -> Path:
        return self.folder / f"{self.project}.log"

    def command(self, *words: str, **env: str) -> Command:
        """Python with these words, in the project's environment and settings."""
        settings = {
            **self.env,
            "DJANGO_SETTINGS_MODULE": f"{PACKAGE}.{self.project}.settings",
            "PYTHONPATH": str(CODE_DIR),
            **env,
        }
        return Command([str(self._python), *words], settings, self.folder)

    def manage(self, *words: str, **env: str) -> Command:
        return self.command("-m", f"{PACKAGE}.manage", *words, **env)

    def module(self, name: str, **env: str) -> Command:
        return self.command("-m", f"{PACKAGE}.{self.project}.{name}", **env)

    def install(self) -> None:
        """Raises StackError if it cannot be had."""
        requirements = Path(__file__).parent / self.project / "requirements.txt"
        self._python = environment(ENVIRONMENTS / self.project, requirements, python=self.python)

    def run(self, command: Command) -> None:
        """Raises StackError if it fails."""
        with self.log.open("ab") as log:
            done = subprocess.run(
                tethered(*command.words),
                cwd=command.folder,
                env=dict(command.env),
                stdout=log,
                stderr=log,
                timeout=120,
                check=False,
            )
        if done.returncode:
            raise StackError(f"{' '.join(command.words[1:])} failed.", log=self.log)

    def launch(self, *commands: Command) -> None:
        for command in commands:
            with self.log.open("ab") as log:
                self._running.append(
                    subprocess.Popen(
                        tethered(*command.words),
                        cwd=command.folder,
                        env=dict(command.env),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                    )
                )

    def stop(self) -> None:
        for process in self._running:
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGCONT)
        for process in self._running:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()

    def carriers(self) -> Iterable[int]:
        return [process.pid for process in self._running]

    def errors(self) -> Sequence[str]:
        """Lines of its log that tell of one."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [
            line
            for line in lines
            if any(word in line for word in ("Traceback", "ERROR", "CRITICAL", "Error:"))
        ]


def wait_until(ready: Callable[[], bool], *, what: str, log: Path, seconds: float = 30) -> None:
    """Raises StackError if it does not come to be."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise StackError(f"{what} was not ready after {seconds:.0f} s.", log=log)
        time.sleep(0.1)
