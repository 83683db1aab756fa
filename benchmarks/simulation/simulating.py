"""Runs the model from one completion to the next."""

import math
import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from benchmarks.simulation.model import Lane, Line, Message, Outcome, Part, Server, Setup

RUN, SEND, RECEIVE, WAIT, APPLY = "run", "send", "receive", "wait", "apply"
NEVER = math.inf


def simulate(
    setup: Setup,
    *,
    offered: float,
    seconds: float,
    backlog: int = 0,
    steady: bool = False,
    seed: int = 1,
    until_drained: bool = False,
) -> Outcome:
    """`offered` events a second, by chance (Poisson) or in equal steps, after a `backlog` that stands at the start.

    With `until_drained` it goes on, beyond `seconds`, until nothing is left.
    """
    dice = random.Random(seed)
    lanes = [Lane([]) for _ in range(setup.partitions)]
    for _ in range(backlog):
        dice.choice(lanes).commits.append(0.0)
    for moment in _commits(offered, seconds, steady, dice):
        dice.choice(lanes).commits.append(moment)
    return _Simulation(setup, lanes, dice).run(NEVER if until_drained else seconds)


def _commits(offered: float, seconds: float, steady: bool, dice: random.Random) -> Iterator[float]:
    moment = 0.0
    while offered:
        moment += 1 / offered if steady else dice.expovariate(offered)
        if moment >= seconds:
            return
        yield moment


class _Simulation:
    def __init__(self, setup: Setup, lanes: list[Lane], dice: random.Random) -> None:
        self._setup, self._costs, self._lanes, self._dice = setup, setup.costs, lanes, dice
        self._now = 0.0
        self._relay, self._workers = Server(), [Server() for _ in range(setup.workers)]
        self._line = Line()
        self._relay_wakes_at = self._next_wake_up()
        self._first_received = NEVER
        self._lags: list[float] = []

    def run(self, until: float) -> Outcome:
        offered = sum(len(lane.commits) for lane in self._lanes)
        while self._now < until and len(self._lags) < offered:
            self._start_idle()
            working = [server for server in (self._relay, *self._workers) if server.doing not in ("", WAIT)]
            speed = self._speed(len(working))
            completion = min((self._now + server.work / speed for server in working), default=NEVER)
            wake_up = NEVER if self._relay.doing else self._relay_wakes_at
            self._advance(min(completion, wake_up, until), working, speed)
        return self._outcome(offered, until)

    def _speed(self, working: int) -> float:
        """Of each, where more of them work than there are cores."""
        cores = self._setup.cores
        return min(1.0, cores / working) if cores and working else 1.0

    def _advance(self, to: float, working: Sequence[Server], speed: float) -> None:
        took, self._now = to - self._now, to
        for worker in self._workers:
            worker.blocked += took * (worker.doing == WAIT)
        for server in working:
            server.busy += took
            server.work -= took * speed
        for server in working:
            if server.work <= 1e-12:
                self._complete(server)

    def _start_idle(self) -> None:
        if not self._relay.doing and self._relay_wakes_at <= self._now:
            self._relay.begin(RUN, self._costs.run)
        for worker in self._workers:
            if not worker.doing and self._line.waiting:
                worker.message = self._line.waiting.pop(0)
                self._first_received = min(self._first_received, self._now)
                worker.begin(RECEIVE, self._costs.receive)
        for worker in self._workers:
            if worker.doing == WAIT and worker.message:
                self._lock(worker, worker.message)

    def _complete(self, server: Server) -> None:
        if server.doing == RUN:
            self._number()
            self._send_next()
        elif server.doing == SEND and server.message:
            self._line.put(server.message)
            self._send_next()
        elif server.doing == RECEIVE and server.message:
            server.begin(WAIT, 0.0)
            self._lock(server, server.message)
        elif server.doing == APPLY and server.message:
            self._show(server.message)
            self._line.held -= server.message.partitions
            server.rest()

    def _number(self) -> None:
        for lane in self._lanes:
            lane.numbered = bisect_right(lane.commits, self._now, lo=lane.numbered)

    def _send_next(self) -> None:
        """Another message of this run, or the end of it."""
        room = len(self._line.waiting) < self._setup.depth
        message = self._next_message() if room else None
        if message:
            self._relay.begin(SEND, self._costs.send + message.events * self._costs.send_event)
            self._relay.message = message
        else:
            self._relay.rest()
            self._relay_wakes_at = self._next_wake_up()

    def _next_message(self) -> Message | None:
        """Short runs first, long ones by chance, as event_bus/outbox/sending.py chooses them."""
        left, batch = self._setup.batch, self._setup.batch
        numbers = [number for number, lane in enumerate(self._lanes) if lane.pending]
        parts = []
        for number in sorted(
            numbers, key=lambda number: (self._lanes[number].pending >= batch, self._dice.random())
        ):
            if not left:
                break
            lane = self._lanes[number]
            count = min(left, lane.pending)
            parts.append(Part(number, lane.sent, lane.sent + count))
            lane.sent += count
            left -= count
        return Message(parts) if parts else None

    def _next_wake_up(self) -> float:
        """By the next commit that no run has seen; by a sweep, if the queue left no room."""
        commits = [lane.commits[lane.numbered] for lane in self._lanes if lane.numbered < len(lane.commits)]
        woken = max(self._now, min(commits) + self._costs.wake) if commits else NEVER
        if any(lane.pending for lane in self._lanes):
            turns = math.floor(self._now / self._setup.sweep) + 1
            return min(woken, turns * self._setup.sweep)
        return woken

    def _lock(self, worker: Server, message: Message) -> None:
        if not message.partitions & self._line.held:
            self._line.held |= message.partitions
            worker.begin(APPLY, self._costs.apply + message.events * self._costs.apply_event)

    def _show(self, message: Message) -> None:
        for part in message.parts:
            commits = self._lanes[part.partition].commits[part.first : part.last]
            self._lags += [self._now - commit for commit in commits]

    def _outcome(self, offered: int, until: float) -> Outcome:
        seconds = self._now
        share = 1 / seconds if seconds else 0.0
        workers = len(self._workers)
        return Outcome(
            seconds=seconds,
            offered=offered,
            applied=len(self._lags),
            lags=sorted(self._lags),
            relay_busy=self._relay.busy * share,
            workers_busy=sum(worker.busy for worker in self._workers) * share / workers,
            workers_blocked=sum(worker.blocked for worker in self._workers) * share / workers,
            most_waiting=self._line.most,
            first_received=min(self._first_received, seconds),
        )
