"""What people read: steps with a check mark and their time on a terminal, plain lines otherwise."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from rich.console import Console

from stack import StackError

console = Console(highlight=False, soft_wrap=True)
complaints = Console(highlight=False, soft_wrap=True, stderr=True)

TAIL_LINES = 25


@contextmanager
def step(title: str, *, speaks: bool = False) -> Iterator[None]:
    """`speaks` tells that the step itself writes to the terminal, so that nothing may turn there."""
    start = time.monotonic()
    turning = console.status(f"{title} …") if console.is_terminal and not speaks else nullcontext()
    with turning:
        try:
            yield
        except BaseException:
            console.print(f"[red]✗[/red] {title}")
            raise
    console.print(f"[green]✓[/green] {title} [dim]{time.monotonic() - start:.1f} s[/dim]")


def complain(error: StackError) -> None:
    """Says what went wrong, with the end of the log that knows more."""
    complaints.print(str(error), style="red", markup=False)
    if error.log and (lines := tail(error.log)):
        complaints.print(f"\nThe end of {error.log}:", markup=False)
        complaints.print("\n".join(f"    {line}" for line in lines), markup=False)


def tail(path: Path, lines: int = TAIL_LINES) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()[-lines:]
    except OSError:
        return []
