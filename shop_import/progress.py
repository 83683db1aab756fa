"""How far a long command is: bars on a terminal, otherwise a line per phase and now and then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import IO, cast

from django.core.management.base import OutputWrapper
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

PATIENCE = 5.0  # seconds between two plain lines of one phase

Advance = Callable[[int], None]


@contextmanager
def phase(stream: OutputWrapper, name: str, *, total: int, unit: str = "") -> Iterator[Advance]:
    """Gives a function that is told how many more are done."""
    console = Console(file=cast(IO[str], stream))
    shown = _bar(console, name, total, unit) if console.is_terminal else _lines(stream, name, total, unit)
    with shown as advance:
        yield advance


@contextmanager
def _bar(console: Console, name: str, total: int, unit: str) -> Iterator[Advance]:
    numbers = [TaskProgressColumn()] if unit else [MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(TextColumn("{task.description:<9}"), BarColumn(), *numbers, console=console) as progress:
        task = progress.add_task(name, total=total)
        yield lambda count: progress.advance(task, count)


@contextmanager
def _lines(stream: OutputWrapper, name: str, total: int, unit: str) -> Iterator[Advance]:
    done, shown_at = 0, monotonic()

    def advance(count: int) -> None:
        nonlocal done, shown_at
        done += count
        if monotonic() - shown_at >= PATIENCE:
            shown_at = monotonic()
            stream.write(f"{name}: {done:,} of {total:,}{unit}\n")

    yield advance
    stream.write(f"{name}: {done:,}{unit}\n")
