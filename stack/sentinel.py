"""A Redis master, its replica and three Sentinels that watch them: for tests of a failover."""

import secrets
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import redis
from redis.sentinel import MasterNotFoundError, Sentinel

from stack import StackError
from stack.broker import server_binary, write_privately
from stack.ports import free_port
from stack.tether import tethered

MASTER_NAME = "shop"
QUORUM, SENTINELS = 2, 3
DOWN_AFTER = 1000
"""Milliseconds without an answer until a Sentinel calls a server down."""

SERVER = """\
bind 127.0.0.1
port {port}
dir {directory}
requirepass {password}
masterauth {password}
appendonly yes
save ""
loglevel warning
maxmemory-policy noeviction
repl-diskless-sync-delay 0
"""

SENTINEL = """\
bind 127.0.0.1
port {port}
dir {directory}
sentinel monitor {name} 127.0.0.1 {master} {quorum}
sentinel auth-pass {name} {password}
sentinel down-after-milliseconds {name} {down_after}
sentinel failover-timeout {name} 5000
"""


class SentinelServers:
    """Ports and password stay the same; which server is the master does not."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.password = secrets.token_urlsafe(16)
        self.servers = [free_port(), free_port()]
        self.sentinels = [free_port() for _ in range(SENTINELS)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """As CELERY_BROKER_URL wants it."""
        return ";".join(f"sentinel://:{self.password}@127.0.0.1:{port}/0" for port in self.sentinels)

    def master(self) -> int:
        """The port of whom the Sentinels name. Raises StackError if they name nobody."""
        asked: Any = Sentinel(  # type: ignore[no-untyped-call]
            [("127.0.0.1", port) for port in self.sentinels], socket_timeout=1
        )
        try:
            return int(asked.discover_master(MASTER_NAME)[1])
        except MasterNotFoundError as error:
            raise StackError(str(error)) from error
        finally:
            for client in asked.sentinels:
                client.close()

    def kill(self, port: int) -> None:
        process = self._processes.pop(port)
        process.kill()
        process.wait(timeout=10)

    def freeze(self, port: int) -> None:
        """Its connections stay open, and nothing is answered."""
        self._processes[port].send_signal(signal.SIGSTOP)

    def wait_until_ready(self) -> None:
        """All know the master, the replica follows it, the Sentinels know each other."""
        self._wait(self._are_ready, "The Sentinels and the servers do not find each other.")

    def wait_for_another_master(self, than: int) -> int:
        self._wait(lambda: self._named() not in (None, than), "No other server became the master.")
        return self.master()

    def __enter__(self) -> "SentinelServers":
        master, replica = self.servers
        try:
            self._start(master, SERVER)
            self._start(replica, f"{SERVER}replicaof 127.0.0.1 {master}\n")
            for port in self.sentinels:
                self._start(port, SENTINEL, "--sentinel")
            self.wait_until_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _start(self, port: int, configuration: str, *options: str) -> None:
        directory = self.directory / str(port)
        directory.mkdir(parents=True)
        file = directory / "server.conf"
        text = configuration.format(
            port=port,
            directory=directory,
            password=self.password,
            name=MASTER_NAME,
            master=self.servers[0],
            quorum=QUORUM,
            down_after=DOWN_AFTER,
        )
        write_privately(file, text)
        with (self.directory / f"{port}.log").open("ab") as log:
            self._processes[port] = subprocess.Popen(
                tethered(server_binary(), str(file), *options, signal_name="SIGKILL"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _end(self) -> None:
        for port in list(self._processes):
            self.kill(port)

    def _named(self) -> int | None:
        try:
            return self.master()
        except StackError:
            return None

    def _are_ready(self) -> bool:
        try:
            for port in self.sentinels:
                with redis.Redis(port=port, socket_timeout=1) as client:
                    [said] = client.sentinel_masters().values()
                    if (said["num-slaves"], said["num-other-sentinels"]) != (1, SENTINELS - 1):
                        return False
            with redis.Redis(port=self.servers[1], password=self.password, socket_timeout=1) as client:
                return bool(client.info("replication")["master_link_status"] == "up")
        except (redis.RedisError, KeyError, ValueError):
            return False

    def _wait(self, condition: Callable[[], bool], complaint: str, *, seconds: float = 40) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise StackError(complaint)
            time.sleep(0.1)
