"""The history made anew while everything breaks, and once more when all is calm."""

import threading
import time

from benchmarks.chaos.comparison import Difference
from benchmarks.chaos.stage import Stage
from stack import StackError

DIFFERENT = 3
"""The command's exit code when the rebuilt tables differ from those that serve."""

PAUSE = 1.0
"""Seconds between two attempts: an interrupted rebuild goes on."""


class RebuildUnderFaults(threading.Thread):
    """Rebuilds, again after each interruption, until the rebuilt tables serve or differ from those that do."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(name="rebuild", daemon=True)
        self._stage = stage
        self.attempts = 0
        self.status: int | None = None
        self.said = ""

    def run(self) -> None:
        while self.status not in (0, DIFFERENT):
            if self.attempts:
                time.sleep(PAUSE)
            self.attempts += 1
            self.status, self.said = rebuild(self._stage)

    def differences(self) -> list[Difference]:
        return [] if self.status == 0 else [Difference("wrong", f"the rebuild under faults: {self.said}")]


def rebuild(stage: Stage) -> tuple[int | None, str]:
    """The command's exit status, None if it took too long, and what it said."""
    try:
        done = stage.stack.manage("rebuild_order_history", timeout=300, check=False)
    except StackError as error:
        return None, str(error)
    return done.returncode, (done.stdout + done.stderr).strip()
