"""One contender's turn: a backlog worked off, then changes offered at several rates."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import quantiles

from benchmarks.speed.pipeline import cpu
from benchmarks.speed.pipeline.contender import Contender
from benchmarks.speed.pipeline.producers import Producers
from benchmarks.speed.pipeline.visibility import Watcher
from stack import StackError

RATE, COST, P50, P99 = (
    ("commit to visible", "events/s"),
    ("processor time an event", "ms"),
    ("commit to visible, p50", "ms"),
    ("commit to visible, p99", "ms"),
)

WARMING_UP = 300
"""Changes, so that connections stand and code is loaded."""

SETTLING = 0.5
"""Seconds after the last change is visible, for what follows it: acknowledgements, notes of what was sent."""

BACKLOG = "backlog"

PRODUCERS = 2
"""One that waits for its commits would not keep up with 1,000 a second."""


@dataclass(frozen=True)
class Offer:
    """So many changes a second, for so many seconds."""

    rate: int
    seconds: float

    @property
    def setting(self) -> str:
        return f"{self.rate:,}/s"


Measured = dict[tuple[str, str, str], float]
"""By (metric, unit, setting)."""


class Turns:
    """Of one contender: each goes on where the last one ended."""

    def __init__(
        self, contender: Contender, offers: Sequence[Offer], *, backlog: int, say: Callable[[str], None]
    ) -> None:
        self._contender, self._offers, self._backlog, self._say = contender, offers, backlog, say
        self._made = 0

    def take(self) -> Measured:
        """Raises StackError if not everything becomes visible."""
        contender = self._contender
        watcher = Watcher(contender.view)
        contender.start()
        try:
            with Producers(contender.producer, processes=PRODUCERS, first=self._made + 1) as producers:
                watcher.wait_for(producers.make(WARMING_UP))
                measured = self._work_off(producers, watcher)
                with watcher.told():
                    for offer in self._offers:
                        measured |= _offer(offer, producers, watcher)
                self._made = producers.next - 1
        finally:
            contender.stop()
            watcher.close()
        self._say(
            "  "
            + "; ".join(f"{value:.3g} {unit} ({setting})" for (_, unit, setting), value in measured.items())
        )
        return measured

    def _work_off(self, producers: Producers, watcher: Watcher) -> Measured:
        database = cpu.parent_of(watcher.database_pid)
        everyone = [database, *self._contender.servers(), *self._contender.carriers()]
        with _halted(self._contender):
            backlog = producers.make(self._backlog)
            time.sleep(SETTLING)
            before = cpu.seconds_of(everyone, without=[watcher.database_pid])
            began = time.monotonic()
        ended = watcher.wait_for(backlog)
        time.sleep(SETTLING)
        cost = cpu.seconds_of(everyone, without=[watcher.database_pid]) - before
        return {
            (*RATE, BACKLOG): len(backlog) / (ended - began),
            (*COST, BACKLOG): 1000 * cost / len(backlog),
        }


def _offer(offer: Offer, producers: Producers, watcher: Watcher) -> Measured:
    changes = producers.ask_for(round(offer.rate * offer.seconds), rate=offer.rate)
    visible = watcher.times_of(changes)
    committed = producers.commits_of(changes)
    took = [1000 * (visible[change] - committed[change]) for change in changes if change in visible]
    if len(took) < 2:
        raise StackError(f"Of {len(changes)} changes hardly any became visible.")
    percentiles = quantiles(took, n=100, method="inclusive")
    return {(*P50, offer.setting): percentiles[49], (*P99, offer.setting): percentiles[98]}


@contextmanager
def _halted(contender: Contender) -> Iterator[None]:
    """From above, so that nobody starts a child or sees one halted."""
    processes = cpu.with_children(contender.carriers())
    for pid in processes:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in processes:
            os.kill(pid, signal.SIGCONT)
