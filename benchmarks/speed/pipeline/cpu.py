"""What processes have cost: their own processor time, their children's, and that of children that have ended."""

import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")

OWN = os.getpid()


def seconds_of(roots: Iterable[int], *, without: Collection[int] = ()) -> float:
    """Of user and system together."""
    return sum(_seconds(pid) for pid in with_children(roots) - set(without))


def with_children(roots: Iterable[int]) -> set[int]:
    children = defaultdict(list)
    for pid, fields in _every_process():
        children[int(fields[1])].append(pid)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children[pid]
    return found


def parent_of(pid: int) -> int:
    return int(_fields(pid)[1])


def _every_process() -> Iterable[tuple[int, list[str]]]:
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                yield int(entry), _fields(int(entry))
            except OSError:  # ended meanwhile
                continue


def _seconds(pid: int) -> float:
    try:
        return sum(map(int, _fields(pid)[11:15])) * TICK
    except OSError:  # ended meanwhile, and counts with its parent
        return 0.0


def _fields(pid: int) -> list[str]:
    """What follows the command's name in /proc/PID/stat, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
