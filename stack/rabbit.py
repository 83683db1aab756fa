"""A RabbitMQ server under the full control of whoever started it: for benchmarks and fault injection."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from kombu import Connection

from stack import StackError
from stack.ports import free_port
from stack.server import Server
from stack.tether import tethered

# What distributions put on the PATH insists on a user and directories of the whole machine; these do not.
SCRIPTS = (Path("/usr/lib/rabbitmq/bin"), Path("/opt/rabbitmq/sbin"), Path("/usr/local/sbin"))

MISSING = "No RabbitMQ is here: as root, apt-get install rabbitmq-server (it brings Erlang)."

CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{port}
default_user = {user}
default_pass = {password}
log.file = false
log.console = true
log.console.level = warning
vm_memory_high_watermark.absolute = 2GB
disk_free_limit.absolute = 200MB
"""


class RabbitServer(Server):
    """A node with a directory, ports, cookie and password of its own; `pid` is of the Erlang machine."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.user = "shop"
        self.password = secrets.token_urlsafe(16)
        self.port, self._distribution_port, self._names_port = (free_port() for _ in range(3))
        self._node = f"shop{self.port}@localhost"

    @property
    def url(self) -> str:
        return f"amqp://{self.user}:{self.password}@127.0.0.1:{self.port}//"

    @property
    def log(self) -> Path:
        return self.directory / "rabbit.log"

    def start(self) -> None:
        """Returns once it answers. Raises StackError if it does not, or is not installed."""
        if self.is_running():
            return
        server = rabbit_script("rabbitmq-server")
        self._lay_out()
        self._helpers = (self._run(epmd(), "-address", "127.0.0.1", "-port", str(self._names_port)),)
        self._process = self._run(str(server), "-noinput")
        self._wait_until_it_answers()

    def disconnect_clients(self) -> None:
        self.control("close_all_connections", "on request")

    def purge(self) -> None:
        """Takes every message that waits in a queue; the queues stay."""
        for queue in self.depths():
            self.control("purge_queue", queue)

    def depths(self) -> dict[str, int]:
        """How many messages each queue holds, those being worked on included."""
        listed = self.control("list_queues", "name", "messages", "--quiet", "--no-table-headers")
        return {name: int(messages) for name, messages in map(str.split, listed.splitlines())}

    def control(self, *command: str, seconds: float = 60) -> str:
        """What rabbitmqctl prints. Raises StackError if it fails."""
        done = subprocess.run(
            [str(rabbit_script("rabbitmqctl")), "--node", self._node, *command],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise StackError(
                f"rabbitmqctl {command[0]}: {(done.stderr or done.stdout).strip()}", log=self.log
            )
        return done.stdout

    def _forget(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _lay_out(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._data.mkdir(exist_ok=True)
        settings = CONFIGURATION.format(port=self.port, user=self.user, password=self.password)
        configuration = self.directory / "rabbitmq.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(settings)
        (self.directory / "enabled_plugins").write_text("[].\n")
        (self.directory / "rabbitmq-env.conf").write_text("")

    def _environment(self) -> Mapping[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RABBITMQ_")}
        return {
            **inherited,
            # Erlang keeps the cookie in the home directory.
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._names_port),
            # Lets the start script become the server instead of watching over it.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_CONF_ENV_FILE": str(self.directory / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(self.directory / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.directory / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.directory / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._data),
            "RABBITMQ_LOG_BASE": str(self.directory),
            "RABBITMQ_PID_FILE": str(self.directory / "rabbit.pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                tethered(*command, signal_name="SIGKILL"),
                cwd=self.directory,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _wait_until_it_answers(self, *, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                with Connection(self.url, connect_timeout=2) as connection:
                    connection.connect()
                return
            except Exception as error:
                if not self.is_running() or time.monotonic() > deadline:
                    self.kill()
                    raise StackError(f"RabbitMQ does not start: {error}", log=self.log) from error
            time.sleep(0.1)


def rabbit_script(name: str) -> Path:
    """Raises StackError if RabbitMQ is not installed."""
    for folder in SCRIPTS:
        if (folder / name).is_file():
            return folder / name
    raise StackError(MISSING)


def epmd() -> str:
    """Erlang's name server: run here, because a node would leave one of its own behind."""
    installed = shutil.which("epmd")
    if not installed:
        raise StackError(MISSING)
    return installed
