"""How the harness tells the shop's processes what to do wrong: files in a directory that they share."""

import time
from pathlib import Path

DROP = "messages-dropped"
DUPLICATE = "messages-duplicated"
DELAY = "messages-delayed"
REORDER = "messages-reordered"
SLOW_COMMITS = "slow-commits"

KILL_RELAY_BEFORE_SENDING = "kill-relay-before-sending"
KILL_RELAY_AFTER_SENDING = "kill-relay-after-sending"
KILL_CHILD_APPLYING = "kill-child-applying"
STOP_CHILD_APPLYING = "stop-child-applying"


class Switches:
    """A trap springs once, in whichever process comes by first; a window is open until its time is over."""

    def __init__(self, data_dir: Path) -> None:
        self._directory = data_dir / "chaos"
        self._directory.mkdir(parents=True, exist_ok=True)

    def set_trap(self, name: str) -> None:
        (self._directory / name).touch()

    def is_set(self, name: str) -> bool:
        return (self._directory / name).exists()

    def spring(self, name: str) -> bool:
        """Takes the trap away. True for exactly one of those who try."""
        try:
            (self._directory / name).unlink()
        except FileNotFoundError:
            return False
        return True

    def leave_note(self, name: str, text: str) -> None:
        draft = self._directory / f".{name}"
        draft.write_text(text)
        draft.replace(self._directory / name)

    def note(self, name: str) -> str:
        """Empty if there is none."""
        try:
            return (self._directory / name).read_text()
        except FileNotFoundError:
            return ""

    def open_window(self, name: str, *, seconds: float) -> None:
        self.leave_note(name, str(time.time() + seconds))

    def is_open(self, name: str) -> bool:
        return float(self.note(name) or 0) > time.time()

    def close_all(self) -> None:
        for path in self._directory.iterdir():
            path.unlink(missing_ok=True)
