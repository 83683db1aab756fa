"""When what goes wrong: a random order of all kinds, again and again, a new fault every second or two."""

import heapq
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.chaos.brokers import AWAY
from benchmarks.chaos.faults import ALL, Course, Fault, Missed
from benchmarks.chaos.stage import Stage

MISSED: tuple[type[Exception], ...] = (Missed, *AWAY)

PAUSE = (0.8, 1.7)
"""Seconds between two faults, at least and at most."""


class Schedule:
    """`first` are the faults that come before all others, and again as every second one."""

    def __init__(self, stage: Stage, *, seed: int, database: str, first: tuple[str, ...] = ()) -> None:
        self.stage = stage
        self.injected: Counter[str] = Counter()
        self.last = ""
        self._begun_at: dict[str, float] = {}
        self._log = (stage.stack.data_dir / "log" / "chaos.log").open("a", buffering=1)
        self._dice = random.Random(seed)
        self._possible = [
            fault for fault in ALL.values() if database == "postgres" or not fault.needs_postgres
        ]
        self._order = self._in_random_order(tuple(ALL[name] for name in first))
        self._running: list[tuple[float, int, Fault, Course]] = []
        self._counter = itertools.count()
        self._next_at = time.monotonic() + self._dice.uniform(*PAUSE)

    def go_on(self) -> None:
        """To be called often: begins and ends what is due."""
        self._go_on_with_running(time.monotonic())
        if time.monotonic() >= self._next_at:
            self._begin(self._next_possible())
            self._next_at = time.monotonic() + self._dice.uniform(*PAUSE)

    def recent(self, seconds: float) -> set[str]:
        """The faults that have begun no longer ago than that."""
        since = time.monotonic() - seconds
        return {name for name, begun_at in list(self._begun_at.items()) if begun_at > since}

    def end(self) -> None:
        """Whatever is broken is mended now."""
        while self._running:
            self._go_on_with_running(float("inf"))
        self._log.close()

    def _in_random_order(self, first: tuple[Fault, ...]) -> Iterator[Fault]:
        special = itertools.cycle(first)
        yield from first * 2
        while True:
            cycle = self._dice.sample(self._possible, len(self._possible))
            for number, fault in enumerate(cycle):
                if first and number % 2 == 0:
                    yield next(special)
                yield fault

    def _next_possible(self) -> Fault:
        busy = {fault.busy for _, _, fault, _ in self._running}
        return next(fault for fault in self._order if fault.busy not in busy)

    def _begin(self, fault: Fault) -> None:
        self.last = fault.name
        self._begun_at[fault.name] = time.monotonic()
        self._note("begins", fault)
        self._step(fault, fault.begin(self.stage, self._dice), time.monotonic())

    def _go_on_with_running(self, now: float) -> None:
        while self._running and self._running[0][0] <= now:
            _, _, fault, course = heapq.heappop(self._running)
            self._step(fault, course, now)

    def _step(self, fault: Fault, course: Course, now: float) -> None:
        try:
            wait = next(course)
        except StopIteration:
            self.injected[fault.name] += 1
            self._note("over", fault)
        except MISSED as error:  # such as a broker that is away already
            self._note(f"missed ({type(error).__name__})", fault)
        else:
            again_at = now if now == float("inf") else now + wait
            heapq.heappush(self._running, (again_at, next(self._counter), fault, course))

    def _note(self, what: str, fault: Fault) -> None:
        """Beside the logs of the processes, to read them by."""
        self._log.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} {fault.name}: {what}\n")
