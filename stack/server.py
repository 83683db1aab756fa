"""A server under the full control of whoever started it: stopped, killed and frozen at will."""

import signal
import subprocess
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

STOPS_WITHIN = 60
"""Seconds."""


class Server(ABC):
    """Its address stays the same through stops, kills and restarts."""

    _process: subprocess.Popen[bytes] | None = None
    _helpers: tuple[subprocess.Popen[bytes], ...] = ()
    """What it needs beside it; ends after it."""

    @abstractmethod
    def start(self) -> None:
        """Returns once it answers. Raises StackError if it does not."""

    @abstractmethod
    def _forget(self) -> None:
        """Remove what it keeps on the disk."""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def restart(self, *, empty: bool = False) -> None:
        """As after a crash; with `empty`, as after a crash of one whose disk is gone."""
        self.kill()
        if empty:
            self._forget()
        self.start()

    def pause(self) -> None:
        """It accepts connections and answers nothing, until `resume`."""
        if self._process:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        for process in filter(None, (self._process, *self._helpers)):
            if process.poll() is None:
                process.send_signal(how)
                process.send_signal(signal.SIGCONT)
                process.wait(timeout=STOPS_WITHIN)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
