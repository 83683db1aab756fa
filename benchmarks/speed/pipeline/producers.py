"""The programs that make changes, started once and asked again and again."""

import json
import subprocess
import time
from types import TracebackType

from benchmarks.speed.pipeline.contender import Command
from stack import StackError
from stack.tether import tethered


class Producers:
    """Some processes of one contender's producer, which share the changes evenly; the first of these is `first`."""

    def __init__(self, command: Command, *, processes: int, first: int) -> None:
        self._command, self._count = command, processes
        self._processes: list[subprocess.Popen[str]] = []
        self.next = first

    def __enter__(self) -> "Producers":
        self._processes = [
            subprocess.Popen(
                tethered(*self._command.words),
                env=dict(self._command.env),
                cwd=self._command.folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(self._count)
        ]
        for process in self._processes:
            self._line_of(process)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            if process.stdin:
                process.stdin.close()
        for process in self._processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def ask_for(self, changes: int, *, rate: float | None = None) -> range:
        """Begin to make so many changes, `rate` of them a second or else as fast as they commit; which they are."""
        made = range(self.next, self.next + changes)
        self.next += changes
        begin = time.monotonic() + 0.05
        for number, process in enumerate(self._processes):
            request = {
                "first": made[0] + number,
                "every": self._count,
                "changes": len(made[number :: self._count]),
                "rate": rate and rate / self._count,
                "begin": begin + (number / rate if rate else 0),
            }
            assert process.stdin
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
        return made

    def commits_of(self, changes: range) -> dict[int, float]:
        """Waits until all that was asked for is made: the time.monotonic() after each commit."""
        times: dict[int, float] = {}
        for number, process in enumerate(self._processes):
            answered = json.loads(self._line_of(process))
            times.update(zip(changes[number :: self._count], answered, strict=True))
        return times

    def make(self, changes: int) -> range:
        made = self.ask_for(changes)
        self.commits_of(made)
        return made

    def _line_of(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout
        line = process.stdout.readline()
        if not line:
            raise StackError(f"A producer ended: {' '.join(self._command.words)}")
        return line
