"""The Procfile: which processes the shop consists of, the same here and in production."""

from pathlib import Path

from stack import PROCFILE, StackError
from stack.supervisor import Program

# Celery's beat misses a SIGTERM that arrives while it talks to Redis; it has nothing that a kill could spoil.
STOP_SECONDS = {"beat": 3}


def programs(path: Path = PROCFILE) -> dict[str, Program]:
    found = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, command = line.partition(":")
        if not colon or not name.strip().isidentifier() or not command.strip():
            raise StackError(f"{path}:{number}: expected `name: command`, found {line!r}")
        name = name.strip()
        found[name] = Program(name, f"exec {command.strip()}", stop_seconds=STOP_SECONDS.get(name, 30))
    return found
