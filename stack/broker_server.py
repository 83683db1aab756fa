"""A broker under the full control of whoever started it: for tests, benchmarks and fault injection."""

import shutil
import subprocess
import sys
from pathlib import Path

import redis

from stack import CODE_DIR, StackError
from stack.broker import Broker
from stack.server import Server
from stack.tether import tethered


class BrokerServer(Server):
    """The broker of `stack.broker`, in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._broker = Broker(directory)
        self._broker.prepare()

    @property
    def url(self) -> str:
        return self._broker.url or ""

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

    def flushall(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def disconnect_clients(self) -> None:
        """Every connection but the one that asks for it."""
        with redis.Redis.from_url(self.url) as client:
            client.execute_command("CLIENT", "KILL", "SKIPME", "yes", "TYPE", "normal")

    def _forget(self) -> None:
        shutil.rmtree(self.directory / "appendonlydir", ignore_errors=True)
