"""Follows log files that others write and rotate."""

import os
from io import TextIOWrapper
from pathlib import Path


class LogFollower:
    """The lines that were added to a file since it was created, or since the last call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: TextIOWrapper | None = None
        self._rest = ""
        if file := self._open():
            file.seek(0, os.SEEK_END)

    def new_lines(self) -> list[str]:
        file = self._open()
        if not file:
            return []
        text = self._rest + file.read()
        if self._was_rotated(file):
            self.close()
            if fresh := self._open():
                text += fresh.read()
        *lines, self._rest = text.split("\n")
        return lines

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None

    def _open(self) -> TextIOWrapper | None:
        if not self._file and self.path.exists():
            self._file = self.path.open(errors="replace")
        return self._file

    def _was_rotated(self, file: TextIOWrapper) -> bool:
        try:
            return self.path.stat().st_ino != os.fstat(file.fileno()).st_ino
        except FileNotFoundError:
            return False
