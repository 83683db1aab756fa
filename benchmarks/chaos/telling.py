"""What the status of the bus is expected to say of each fault, and what it said."""

import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.chaos.shop import Account, Refused, Shop, Unanswered

LOOK_EVERY = 0.5
"""Seconds."""

GAP, BEHIND, STILL = "gap being healed", "subscriber behind", "worker stands still"
BROKER, DATABASE, LETTERS, FROZEN = "broker gone", "database away", "dead letters", "pipeline frozen"

NAMED: dict[str, tuple[str, ...]] = {
    "history child killed while applying": (GAP,),
    "relay worker stopped for a while": (BEHIND,),
    "history worker stopped beyond its lease": (GAP, BEHIND),
    "history worker stopped while applying, locks held": (STILL, BEHIND, GAP),
    "broker killed, restarted empty": (GAP, BROKER),
    "broker flushed": (GAP,),
    "broker's clients disconnected": (GAP,),
    "broker paused": (BROKER,),
    "broker full": (FROZEN, BEHIND, GAP),
    "garbage in the relay's queue": (LETTERS,),
    "garbage in the history's queue": (LETTERS,),
    "a queue spoilt": (GAP, BROKER),
    "shop's database crashed": (DATABASE,),
    "history's database crashed": (DATABASE,),
    "messages dropped": (GAP,),
    "messages delayed": (GAP,),
}
"""Kinds of causes, the likeliest first. A fault that is over within a moment may be gone before anybody looks."""

_RESTARTED = "its supervisor restarts it within a second: it is called dead after 10 s without a sign of life"

NOTHING_TO_SEE: dict[str, str] = {
    "relay worker killed": _RESTARTED,
    "history worker killed": _RESTARTED,
    "web killed": "it carries no events",
    "beat killed": _RESTARTED,
    "relay killed between numbering and sending": "the next sweep sends what has its numbers",
    "relay killed between sending and moving its cursor": "the next sweep sends it again, and it counts once",
    "messages duplicated": "what is applied already is left out",
    "messages reordered": "the newest version stays; what is missing for a second is no gap yet",
    "slow commits": "numbers are given after the commit, so nothing is late that has one",
}
"""Faults that heal within a sweep, and why."""

LASTS = 10.0
"""Seconds after which a fault that has begun is no longer held to be what the status speaks of."""


class Listener(threading.Thread):
    """Asks the shop how it is, all the time, and notes what it says and of which faults that may be."""

    def __init__(self, port: int, account: Account, recent: Callable[[float], set[str]], log: Path) -> None:
        super().__init__(name="listener", daemon=True)
        self.said: defaultdict[str, Counter[str]] = defaultdict(Counter)
        """Kinds of causes by fault; those not expected of any fault of that time under an empty name."""
        self._shop, self._account, self._recent = Shop(port), Account(account.email, account.password), recent
        self._log = log
        self._stopped = threading.Event()

    def stop(self) -> None:
        self._stopped.set()
        self.join()
        self._shop.close()

    def run(self) -> None:
        before = ""
        with self._log.open("a", buffering=1) as log:
            while not self._stopped.wait(LOOK_EVERY):
                try:
                    status = self._shop.status(self._account)
                except Unanswered:
                    continue
                except Refused:
                    self._sign_in()
                    continue
                self.note({cause["kind"] for cause in status["causes"]})
                if status["headline"] != before:
                    before = status["headline"]
                    log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} status: {before}\n")

    def note(self, kinds: set[str]) -> None:
        recent = self._recent(LASTS)
        for kind in kinds:
            expecting = {fault for fault in recent if kind in NAMED.get(fault, ())}
            for fault in expecting or {""}:
                self.said[fault][kind] += 1

    def _sign_in(self) -> None:
        try:
            self._shop.sign_in(self._account)
        except (Unanswered, Refused):
            return  # the next turn tries again
