"""`make stack CMD=…`: one command, with broker and workers there for it."""

from collections.abc import Sequence
from pathlib import Path
from subprocess import DEVNULL

from stack import StackError
from stack.console import step
from stack.live import LiveStack

WORKERS = ["relay", "history", "beat"]
SIGNS_OF_LIFE = ["manage.py", "check_process", "relay", "order_history", "beat"]


def execute(data_dir: Path, words: Sequence[str]) -> int:
    """The command's exit status, or that of waiting for the history if the command itself succeeded."""
    with LiveStack(data_dir) as stack:
        with step("Databases are up to date"):
            stack.migrate()
        with step("Broker and workers are running"):
            stack.start(*WORKERS)
            signs = stack.run([*SIGNS_OF_LIFE, "--wait", "60"], stdout=DEVNULL)
        if signs:
            raise StackError("not all of them give a sign of life.")
        status = stack.run(words)
        waited = stack.run(["manage.py", "wait_until_caught_up"])
    return status or waited
