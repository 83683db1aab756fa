"""What is known of the bus at one moment. None everywhere means: not known."""

from dataclasses import dataclass
from datetime import datetime

from event_bus.inbox.canary import CanaryHeard
from event_bus.inbox.freshness import Freshness


@dataclass(frozen=True)
class Side:
    """The broker or a database."""

    name: str
    answers: bool
    error: str = ""


@dataclass(frozen=True)
class Process:
    """Beat, a worker, or the relay's last run, by its sign of life."""

    kind: str
    queue: str
    name: str
    """Host and process id."""
    started_at: datetime
    seen_at: datetime
    alive: bool


@dataclass(frozen=True)
class Gap:
    """Positions of one partition that were sent and are missing."""

    first: int
    missing: int
    noticed_at: datetime
    asks: int


@dataclass(frozen=True)
class Lane:
    """One partition, for one subscription."""

    topic: str
    partition: int
    head: int | None
    """Last position given out."""
    sent: int | None
    applied: int | None
    """How many positions are applied or put aside."""
    unnumbered: int | None
    """Committed events that have no position yet."""
    lag: int | None
    """Events that are committed and not applied."""
    lag_seconds: float | None
    """Age of the oldest of them."""
    gap: Gap | None


@dataclass(frozen=True)
class Topic:
    name: str
    events: int | None
    """Ever numbered."""
    unnumbered: int | None


@dataclass(frozen=True)
class DeadLetterKind:
    error_type: str
    error: str
    type: str
    """Of the event."""
    count: int
    oldest: datetime


@dataclass(frozen=True)
class DeadLetters:
    count: int
    oldest: datetime | None
    kinds: tuple[DeadLetterKind, ...]


@dataclass(frozen=True)
class Minute:
    at: datetime
    events: int
    late: float | None = None
    """Seconds: the age of the newest event of a batch when it was applied, of the worst batch."""


@dataclass(frozen=True)
class TopicPace:
    name: str
    per_second: float
    """Over the last minute."""


@dataclass(frozen=True)
class Pace:
    """How fast events were applied. The percentiles are of commit to applied, in seconds, over the last minutes."""

    per_second: float
    """Over the last minute."""
    topics: tuple[TopicPace, ...]
    """Those without events are left out."""
    minutes: tuple[Minute, ...]
    """Of the last hour, oldest first, those without events too."""
    p50: float | None
    p99: float | None


@dataclass(frozen=True)
class ComparedPart:
    """A topic, or derived rows."""

    name: str
    rows: int
    differed: int
    repaired: int


@dataclass(frozen=True)
class DifferingRow:
    part: str
    id: str


@dataclass(frozen=True)
class Comparison:
    """What a comparison of a subscription with its sources found, or has found so far."""

    repair: bool
    begun_at: datetime
    finished_at: datetime | None
    seconds: float
    """How long it took, or has taken so far."""
    rows: int
    """Compared."""
    differed: int
    repaired: int
    drift_left: int
    """Rows that still differ."""
    error: str
    """Why it was given up; empty if it was not."""
    part: str
    """Where it stands."""
    parts: tuple[ComparedPart, ...]
    left: tuple[DifferingRow, ...]
    """The first of the rows that still differ."""


@dataclass(frozen=True)
class Comparisons:
    last: Comparison | None
    """The newest that came to its end; None if none ever did."""
    given_up: Comparison | None
    """The newest of all, if it did not."""
    under_way: Comparison | None
    unseen_since: datetime | None
    """When the last came to its end; while none ever has, when the first was begun; None if none was."""


@dataclass(frozen=True)
class SubscriptionFacts:
    name: str
    topics: tuple[str, ...]
    lanes: tuple[Lane, ...]
    lag: int | None
    lag_seconds: float | None
    queue_depth: int | None
    moved_at: datetime | None
    """When it last applied or heard anything."""
    freshness: Freshness | None
    pace: Pace | None
    canary: CanaryHeard | None
    dead_letters: DeadLetters | None
    comparisons: Comparisons | None


@dataclass(frozen=True)
class Facts:
    at: datetime
    objective: float
    """Seconds that a subscription may be behind."""
    outbox: Side | None
    """None where these settings install no outbox."""
    inbox: Side
    broker: Side
    topics: tuple[Topic, ...]
    subscriptions: tuple[SubscriptionFacts, ...]
    processes: tuple[Process, ...]
    outbox_queue_depth: int | None
    strays: DeadLetters | None
    """Messages put aside that belong to no subscription."""
    pruning_since: datetime | None
    """When the pruning of the log began that has not come to its end."""
