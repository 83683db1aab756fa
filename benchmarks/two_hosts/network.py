"""Two hosts and the switch between them, as network namespaces (Linux, as root)."""

import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from stack import StackError

PREFIX = "shop-hosts"
ONE, TWO = "192.0.2.1", "192.0.2.2"
"""Of the network kept for examples; the namespaces see no other."""


@dataclass(frozen=True)
class Network:
    """Names of namespaces. Host one is ONE, host two is TWO."""

    one: str
    two: str
    switch: str

    def cut_two_off(self) -> None:
        """As if its cable were pulled: packets vanish, connections stay open at both ends."""
        _ip("-n", self.switch, "link", "set", "to-two", "down")

    def connect_two(self) -> None:
        _ip("-n", self.switch, "link", "set", "to-two", "up")

    def as_words(self) -> list[str]:
        return list(asdict(self).values())


@contextmanager
def network() -> Iterator[Network]:
    """Taken down at the end, with whatever still runs in it. Raises StackError where it cannot be made."""
    _require()
    _remove_stale()
    run = f"{PREFIX}-{os.getpid()}-{secrets.token_hex(2)}"
    made = Network(*(f"{run}-{name}" for name in ("one", "two", "switch")))
    try:
        for namespace in made.as_words():
            _ip("netns", "add", namespace)
            _ip("-n", namespace, "link", "set", "lo", "up")
        _ip("-n", made.switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", made.switch, "link", "set", "bridge", "up")
        for host, port, address in [(made.one, "to-one", ONE), (made.two, "to-two", TWO)]:
            _connect(made.switch, host, port, address)
        yield made
    finally:
        for namespace in made.as_words():
            _remove(namespace)


def _connect(switch: str, host: str, port: str, address: str) -> None:
    _ip("-n", switch, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", host)
    _ip("-n", switch, "link", "set", port, "master", "bridge", "up")
    _ip("-n", host, "address", "add", f"{address}/24", "dev", "eth0")
    _ip("-n", host, "link", "set", "eth0", "up")


def _require() -> None:
    if not shutil.which("ip"):
        raise StackError("Network namespaces need the command `ip` (Debian: apt install iproute2).")
    if os.geteuid() != 0:
        raise StackError("Network namespaces need root: sudo .venv/bin/python -m benchmarks.two_hosts")


def _remove_stale() -> None:
    """Of runs that were killed before they could."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
    for name in re.findall(rf"^({PREFIX}-\d+-\w+-\w+)", listed, re.MULTILINE):
        if not Path("/proc", name.split("-")[2]).exists():
            _remove(name)


def _remove(namespace: str) -> None:
    pids = subprocess.run(["ip", "netns", "pids", namespace], capture_output=True, text=True, check=False)
    for pid in pids.stdout.split():
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, check=False)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise StackError(f"ip {' '.join(words)}: {done.stderr.strip() or done.returncode}")
