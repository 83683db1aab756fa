"""supervisord: runs programs, restarts those that die, stops them in order."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from stack import CODE_DIR, StackError
from stack.tether import tethered

LONGEST_SOCKET_PATH = 100

SUPERVISORD = """\
[supervisord]
nodaemon=true
silent=true
logfile=log/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile=%(here)s/supervisord.pid
childlogdir=%(here)s
identifier=shop
{user}

[unix_http_server]
file={socket}
chmod=0700

[supervisorctl]
serverurl=unix://{socket}

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

GROUP = """
[group:{group}]
programs={programs}
priority={priority}
"""

PROGRAM = """
[program:{name}]
command={command}
directory=%(ENV_SHOP_CODE_DIR)s
autostart=false
autorestart={restart}
startsecs=1
startretries=1000000
stopsignal=TERM
stopwaitsecs={stop_seconds}
environment={environment}
killasgroup=true
redirect_stderr=true
stdout_logfile=log/{name}.log
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
"""

# Started from the lowest to the highest, stopped the other way round; those of one group together.
GROUP_PRIORITIES = {"broker": 10, "shop": 20}


@dataclass(frozen=True)
class Program:
    name: str
    command: str  # for the shell
    group: str = "shop"
    stop_seconds: int = 30  # between SIGTERM and SIGKILL
    env: Mapping[str, str] = field(default_factory=dict)  # beside the supervisor's own

    @property
    def full_name(self) -> str:
        return f"{self.group}:{self.name}"


class Supervisor:
    """Programs run with `env`, their logs are in `data_dir`/log. With restart=False, what dies stays dead."""

    def __init__(
        self, programs: Sequence[Program], *, data_dir: Path, env: Mapping[str, str], restart: bool = True
    ) -> None:
        self.programs = {program.name: program for program in programs}
        self.data_dir = data_dir
        self.env = dict(env, SHOP_CODE_DIR=str(CODE_DIR))
        self.restart = restart
        self._pids: dict[str, int] = {}
        self._deaths: Counter[str] = Counter()

    def start(self) -> None:
        """Starts supervisord itself, and no program yet."""
        self.log("supervisord").parent.mkdir(parents=True, exist_ok=True)
        self._run_dir = self._make_run_dir()
        configuration = self._run_dir / "supervisord.conf"
        configuration.write_text(self._configuration())
        with self.log("supervisord").open("ab") as log:
            self._process = subprocess.Popen(
                tethered(sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(configuration)),
                cwd=self.data_dir,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the one who started it all, who then stops this in order.
                start_new_session=True,
            )
        deadline = time.monotonic() + 15
        while not self._socket.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StackError("The process supervisor does not start.", log=self.log("supervisord"))
            time.sleep(0.02)

    def stop(self) -> None:
        """Everything, in order. A second Ctrl-C while this waits stops it without asking."""
        self._process.terminate()
        try:
            self._process.wait(timeout=60)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._run_dir, ignore_errors=True)

    def is_running(self) -> bool:
        return self._process.poll() is None

    def start_program(self, *names: str) -> None:
        """Raises StackError if one ends within a second."""
        with self._remote() as remote:
            for name in names:
                self._pids.pop(name, None)
                remote.startProcess(self.programs[name].full_name, False)
        for name in names:
            self._wait_until_started(name)

    def stop_program(self, name: str) -> None:
        self._pids.pop(name, None)
        with self._remote() as remote:
            try:
                remote.stopProcess(self.programs[name].full_name)
            except Fault as fault:
                if "NOT_RUNNING" not in fault.faultString:
                    raise

    def signal_program(self, name: str, signal_name: str) -> None:
        with self._remote() as remote:
            remote.signalProcess(self.programs[name].full_name, signal_name)

    def pid(self, name: str) -> int | None:
        """Of the program's main process, None while it does not run."""
        return int(self._info(name)["pid"]) or None

    def state(self, name: str) -> str:
        """RUNNING, STARTING, BACKOFF, STOPPED, EXITED…"""
        return str(self._info(name)["statename"])

    def watch(self) -> None:
        """To be called again and again. Raises StackError if a program that was started keeps dying."""
        if not self.is_running():
            raise StackError("The process supervisor has ended.", log=self.log("supervisord"))
        with self._remote() as remote:
            found = remote.getAllProcessInfo()
        for info in found:
            name, pid = info["name"], info["pid"]
            if self._pids.get(name) and pid != self._pids[name]:
                self._deaths[name] += 1
            if pid:
                self._pids[name] = pid
            if self._deaths[name] >= 3:
                raise StackError(f"{name} keeps dying.", log=self.log(name))

    def log(self, name: str) -> Path:
        return self.data_dir / "log" / f"{name}.log"

    @property
    def _socket(self) -> Path:
        return self._run_dir / "socket"

    def _make_run_dir(self) -> Path:
        parent = self.data_dir / "run"
        if len(str(parent / "12345678" / "socket.12345678")) > LONGEST_SOCKET_PATH:
            parent = Path("/tmp")  # noqa: S108  (mkdtemp makes it private)
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(dir=parent, prefix="shop-"))

    def _configuration(self) -> str:
        # As root it would warn, at length, unless told that this is meant.
        user = "user=root" if os.getuid() == 0 else ""
        text = SUPERVISORD.format(socket="%(here)s/socket", user=user)
        for group, priority in GROUP_PRIORITIES.items():
            members = [program for program in self.programs.values() if program.group == group]
            if not members:
                continue
            names = ",".join(program.name for program in members)
            text += GROUP.format(group=group, programs=names, priority=priority)
            for program in members:
                text += PROGRAM.format(
                    name=program.name,
                    command=_command(program),
                    restart=str(self.restart).lower(),
                    stop_seconds=program.stop_seconds,
                    environment=",".join(f'{name}="{value}"' for name, value in program.env.items()),
                )
        return text

    def _wait_until_started(self, name: str) -> None:
        while (state := self.state(name)) == "STARTING":
            time.sleep(0.05)
        if state != "RUNNING":
            raise StackError(f"{name} does not start.", log=self.log(name))

    def _info(self, name: str) -> Mapping[str, str | int]:
        with self._remote() as remote:
            info: Mapping[str, str | int] = remote.getProcessInfo(self.programs[name].full_name)
            return info

    @contextmanager
    def _remote(self) -> Iterator[Any]:  # whatever supervisord offers
        transport = SupervisorTransport(serverurl=f"unix://{self._socket}")
        try:
            yield ServerProxy("http://127.0.0.1", transport=transport).supervisor
        except ConnectionError as error:
            raise StackError("The process supervisor has ended.", log=self.log("supervisord")) from error
        finally:
            transport.close()


def _command(program: Program) -> str:
    """As supervisord's configuration writes it."""
    if " ;" in program.command or " #" in program.command:
        raise StackError(f"{program.name}: what follows ` ;` or ` #` would be taken for a comment")
    shell = shlex.quote(program.command).replace("%", "%%")
    return f"python -m stack.tether --signal SIGKILL sh -c {shell}"
