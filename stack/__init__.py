"""Starts and stops the processes of the shop on one machine: broker, workers, beat and web."""

from pathlib import Path

CODE_DIR = Path(__file__).resolve().parents[1]
PROCFILE = CODE_DIR / "Procfile"


class StackError(Exception):
    """Something that the person at the terminal can act on; `log` is the file that says more."""

    def __init__(self, message: str, *, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log
