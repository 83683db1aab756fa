"""A broker under the full control of whoever started it: for tests, benchmarks and fault injection."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import redis

from stack import CODE_DIR, StackError
from stack.broker import Broker
from stack.tether import tethered


class BrokerServer:
    """Its address stays the same through stops, kills and restarts."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._broker = Broker(directory)
        self._broker.prepare()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return self._broker.url or ""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Returns once it answers. Raises StackError if it does not."""
        if self.is_running():
            return
        before = self.url
        with (self.directory / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                tethered(sys.executable, "-m", "stack.broker", str(self.directory), signal_name="SIGKILL"),
                cwd=CODE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._broker.wait_until_it_answers()
            if self.url != before:
                raise StackError("Another program took the broker's port meanwhile.")
        except StackError as error:
            self.kill()
            error.log = self.directory / "broker.log"
            raise

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def restart(self, *, empty: bool = False) -> None:
        """As after a crash; with `empty`, as after a crash of a server without persistence."""
        self.kill()
        if empty:
            shutil.rmtree(self.directory / "appendonlydir", ignore_errors=True)
        self.start()

    def pause(self) -> None:
        """It accepts connections and answers nothing, until `resume`."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def flushall(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def disconnect_clients(self) -> None:
        """Every connection but the one that asks for it."""
        with redis.Redis.from_url(self.url) as client:
            client.execute_command("CLIENT", "KILL", "SKIPME", "yes", "TYPE", "normal")

    def _end(self, how: signal.Signals) -> None:
        if not self.is_running() or self._process is None:
            return
        self._process.send_signal(how)
        self._process.send_signal(signal.SIGCONT)
        self._process.wait(timeout=30)

    def __enter__(self) -> "BrokerServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
