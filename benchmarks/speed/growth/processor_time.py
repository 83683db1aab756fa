"""Seconds of processor time that servers and workers have used so far, with the children they had (Linux)."""

import os
from pathlib import Path
from typing import Any

import psycopg
import redis

from stack.live import LiveStack

TICK = os.sysconf("SC_CLK_TCK")


def of_programs(stack: LiveStack, *names: str) -> float:
    return sum(_of_tree(pid) for name in names if (pid := stack.pid(name)))


def of_database(url: str) -> float:
    """Of the whole server, of which this is one database."""
    with psycopg.connect(url) as connection:
        [said] = connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone() or [""]
    return _of_tree(int(said.split()[0]))


def of_broker(url: str) -> float:
    with redis.Redis.from_url(url) as client:
        used: dict[str, Any] = client.info("cpu")
    return float(used["used_cpu_user"]) + float(used["used_cpu_sys"])


def _of_tree(pid: int) -> float:
    """Of those that have ended, whatever their parents were told when they did."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICK + sum(_of_tree(int(child)) for child in children)
