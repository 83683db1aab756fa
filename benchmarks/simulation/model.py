"""The pipeline as queues: one relay, workers, partitions whose checkpoints are locked, processor cores to share.

What it leaves out: the noise of a machine, gaps and redelivery, checkpoints and vacuum of PostgreSQL, the network.
"""

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Costs:
    """Seconds of one core, of the database as well: whoever asks it waits for it."""

    wake: float
    """Between a commit and the beginning of the relay's run. Nobody works meanwhile."""
    run: float
    """A run of the relay, whatever it finds."""
    send: float
    """A message, for the relay."""
    send_event: float
    receive: float
    """A message, for a worker, before it locks checkpoints."""
    apply: float
    """A message, for a worker, while its checkpoints are locked."""
    apply_event: float


@dataclass(frozen=True)
class Setup:
    costs: Costs
    partitions: int = 8
    workers: int = 1
    batch: int = 1_000
    """Events that a message may hold."""
    depth: int = 100
    """Messages that may wait."""
    sweep: float = 2.0
    """Seconds between the runs that beat asks for."""
    cores: int = 0
    """That relay and workers share; 0: each has one of its own."""


@dataclass
class Outcome:
    seconds: float
    """Until the end, or until nothing was left."""
    offered: int
    applied: int
    lags: list[float]
    """Seconds from commit to visible, in order."""
    relay_busy: float
    """Share of the time, 0 to 1."""
    workers_busy: float
    workers_blocked: float
    """Share of the workers' time in which they wait for a checkpoint that another one holds."""
    most_waiting: int
    """Messages in the queue."""
    first_received: float

    @property
    def backlog(self) -> int:
        return self.offered - self.applied

    @property
    def throughput(self) -> float:
        """Events a second."""
        return self.applied / self.seconds if self.seconds else 0.0

    @property
    def drained(self) -> float:
        """Events a second, from the first message received on."""
        took = self.seconds - self.first_received
        return self.applied / took if took else 0.0

    def lag(self, percentile: float) -> float:
        """Seconds, of what was applied; not a number if nothing was."""
        if not self.lags:
            return math.nan
        return self.lags[min(len(self.lags) - 1, int(percentile / 100 * len(self.lags)))]


@dataclass
class Part:
    """Of a message: events `first` to `last` of a partition, without `last`."""

    partition: int
    first: int
    last: int


@dataclass
class Message:
    parts: list[Part]

    @property
    def events(self) -> int:
        return sum(part.last - part.first for part in self.parts)

    @property
    def partitions(self) -> set[int]:
        return {part.partition for part in self.parts}


@dataclass
class Lane:
    """A partition: when each of its events commits, in order, and how far it has come."""

    commits: list[float]
    numbered: int = 0
    sent: int = 0

    @property
    def pending(self) -> int:
        return self.numbered - self.sent


@dataclass(eq=False)
class Server:
    """Somebody who does one thing at a time: the relay, a worker."""

    work: float = 0.0
    """Seconds of a core that are left of it."""
    doing: str = ""
    """Nothing, if empty."""
    message: Message | None = None
    busy: float = 0.0
    blocked: float = 0.0

    def begin(self, doing: str, work: float) -> None:
        self.doing, self.work = doing, work

    def rest(self) -> None:
        self.doing, self.work, self.message = "", 0.0, None


@dataclass
class Line:
    """The queue of a subscription, and who holds which checkpoint."""

    waiting: list[Message] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    most: int = 0

    def put(self, message: Message) -> None:
        self.waiting.append(message)
        self.most = max(self.most, len(self.waiting))
