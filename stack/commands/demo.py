"""`make demo`: imports a shop, lets its events run to the history, and shows what the history knows then."""

import os
import time
from pathlib import Path
from textwrap import indent

from stack import CODE_DIR, StackError
from stack.accounts import make_accounts
from stack.commands.execute import WORKERS
from stack.console import console, step
from stack.live import LiveStack

NEXT = """
Where to go next:
  make run{elsewhere}   this shop, until Ctrl-C
  make test       the whole test suite, on SQLite and on PostgreSQL
  make help       everything else
  README.md, docs/

While `make run` runs:
{accounts}

Everything is in {data_dir}; nothing is left running."""


def show(data_dir: Path, shop: Path, *, export: Path | None) -> int:
    if not shop.is_dir():
        raise StackError(f"{shop}: no such folder. SET=DIR names the folder to import.")
    with LiveStack(data_dir) as stack:
        with step("Databases are ready"):
            stack.migrate()
        with step("Broker and workers are running"):
            stack.start(*WORKERS)
            before = stack.wait_until_caught_up(timeout=3600)
        start = time.monotonic()
        with step(f"{shop} is imported", speaks=True):
            succeed(stack, "import_shop", str(shop))
        with step("The history has caught up", speaks=True):
            succeed(stack, "wait_until_caught_up")
        seconds = time.monotonic() - start
        console.print(summary(stack.wait_until_caught_up() - before, seconds), markup=False)
        console.print()
        succeed(stack, "show_history")
        if export:
            with step(f"The whole history is in {export}"):
                export_history(stack, export)
        accounts = make_accounts(stack, port=8000)
        stack.wait_until_caught_up()  # what the customer has just ordered, too
        elsewhere = "     " if data_dir == CODE_DIR / "var" else f' DATA_DIR="{data_dir}"'
        console.print(
            NEXT.format(data_dir=data_dir, elsewhere=elsewhere, accounts=indent(accounts, "  ")), markup=False
        )
    return 0


def summary(events: int, seconds: float) -> str:
    if not events:
        return "Nothing new to import: the history is complete."
    text = f"{events:,} events reached the history in {seconds:.1f} s"
    # Of a small import most of the time goes into starting the commands.
    return f"{text}: {events / seconds:,.0f} a second" if events >= 2000 else text


def succeed(stack: LiveStack, command: str, *arguments: str) -> None:
    """Raises StackError if the command fails; what it said stands on the terminal already."""
    status = stack.run(["manage.py", command, *arguments])
    if status:
        raise StackError(f"manage.py {command} failed ({status}).")


def export_history(stack: LiveStack, path: Path) -> None:
    """All of it or nothing."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            status = stack.run(["manage.py", "export_history"], stdout=file)
        if status:
            raise StackError(f"manage.py export_history failed ({status}).")
        draft.replace(path)
    except OSError as error:
        raise StackError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
