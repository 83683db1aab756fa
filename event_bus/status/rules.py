"""The rules of the diagnosis, in the order in which their causes are named."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings

from event_bus.messages import OUTBOX_QUEUE
from event_bus.status.facts import Comparison, DeadLetters, Facts, Process, SubscriptionFacts

PATIENCE = 5.0
"""Seconds that an event may be on its way without anybody being told."""

RELAY_PATIENCE = 20.0
"""Seconds. A run of the relay takes 5 at most, and beat asks for one every 2."""


class Severity(StrEnum):
    """The worst first."""

    STOPPED = "stopped"
    LATE = "late"
    ATTENTION = "attention"


class Kind(StrEnum):
    BROKER_GONE = "broker gone"
    DATABASE_AWAY = "database away"
    BEAT_STOPPED = "beat stopped"
    RELAY_DEAD = "relay dead"
    RELAY_NOT_RUNNING = "relay not running"
    WORKER_DEAD = "worker dead"
    WORKER_STANDS_STILL = "worker stands still"
    FROZEN = "pipeline frozen"
    SET_BACK = "log set back"
    GAP = "gap being healed"
    BEHIND = "subscriber behind"
    NOT_FRESH = "freshness objective broken"
    DEAD_LETTERS = "dead letters"
    DRIFT = "drift"
    NOT_PRUNED = "log not pruned"


LONGEST_PRUNING = 24.0
"""Hours. It goes on for some seconds every minute, and a log that was never pruned is long."""


@dataclass(frozen=True)
class Cause:
    kind: Kind
    severity: Severity
    words: str
    subscription: str = ""


Rule = Callable[[Facts], Iterator[Cause]]


def broker_gone(facts: Facts) -> Iterator[Cause]:
    if not facts.broker.answers:
        words = f"the broker is gone ({facts.broker.error}): nothing is carried, and nothing is lost"
        yield Cause(Kind.BROKER_GONE, Severity.STOPPED, words)


def database_away(facts: Facts) -> Iterator[Cause]:
    for side in (facts.outbox, facts.inbox):
        if side and not side.answers:
            words = f"{side.name} does not answer ({side.error})"
            yield Cause(Kind.DATABASE_AWAY, Severity.STOPPED, words)


def beat_stopped(facts: Facts) -> Iterator[Cause]:
    if _is_known(facts) and not _alive(facts, "beat"):
        seen = _last_seen(facts, "beat")
        words = f"beat is stopped ({seen}): nothing is swept, and losses stay unnoticed"
        yield Cause(Kind.BEAT_STOPPED, Severity.STOPPED, words)


def relay_dead(facts: Facts) -> Iterator[Cause]:
    if _is_known(facts) and not _alive(facts, "worker", OUTBOX_QUEUE):
        words = (
            f"no worker of the relay is alive ({_last_seen(facts, 'worker', OUTBOX_QUEUE)}): nothing is sent"
        )
        yield Cause(Kind.RELAY_DEAD, Severity.STOPPED, words)


def relay_not_running(facts: Facts) -> Iterator[Cause]:
    """Its worker lives, and beat asks for it, yet no run ends well."""
    if not (_is_known(facts) and facts.broker.answers and _alive(facts, "beat")):
        return
    workers = _alive(facts, "worker", OUTBOX_QUEUE)
    runs = [one.seen_at for one in facts.processes if one.kind == "relay"]
    since = max([*runs, min(one.started_at for one in workers)]) if workers else None
    if since and (silent := (facts.at - since).total_seconds()) > RELAY_PATIENCE:
        words = f"the relay does not run: its worker is alive, but no run has ended well for {silent:.0f} s"
        yield Cause(Kind.RELAY_NOT_RUNNING, Severity.STOPPED, words)


def worker_dead(facts: Facts) -> Iterator[Cause]:
    if not facts.inbox.answers:
        return
    for one in facts.subscriptions:
        if not _alive(facts, "worker", one.name):
            waits = f"; {one.queue_depth:,} messages wait and none is taken" if one.queue_depth else ""
            words = f"no worker of {one.name} is alive ({_last_seen(facts, 'worker', one.name)}){waits}"
            yield Cause(Kind.WORKER_DEAD, Severity.STOPPED, words, one.name)


def worker_stands_still(facts: Facts) -> Iterator[Cause]:
    """Its main process lives, but messages wait and none comes through."""
    patience = settings.EVENT_BUS["FROZEN_AFTER"] / 2  # before the watchdog ends it
    for one in facts.subscriptions:
        workers = _alive(facts, "worker", one.name)
        if not (workers and one.queue_depth):
            continue
        still = (facts.at - max(filter(None, [one.moved_at, *_starts(workers)]))).total_seconds()
        if still > patience:
            words = (
                f"the worker of {one.name} stands still: it is alive, {one.queue_depth:,} messages wait, "
                f"and none has come through for {still:.0f} s"
            )
            yield Cause(Kind.WORKER_STANDS_STILL, Severity.STOPPED, words, one.name)


def log_set_back(facts: Facts) -> Iterator[Cause]:
    """Positions are given out a second time. Seen until the log is as long again as it was."""
    for one in facts.subscriptions:
        ahead = [lane for lane in one.lanes if lane.applied and lane.applied > (lane.head or 0)]
        if ahead:
            lane = max(ahead, key=lambda each: (each.applied or 0) - (each.head or 0))
            more = f" (and {len(ahead) - 1} more partitions)" if len(ahead) > 1 else ""
            words = (
                f"the log of {lane.topic}/{lane.partition}{more} was set back, by a backup or a failover: it ends at "
                f"{lane.head or 0:,}, {one.name} has applied {lane.applied:,}, so it takes new events for applied "
                "ones. docs/operations.md, Known limits, says what to do"
            )
            yield Cause(Kind.SET_BACK, Severity.STOPPED, words, one.name)


def gap_being_healed(facts: Facts) -> Iterator[Cause]:
    for one in facts.subscriptions:
        gaps = [
            (lane, lane.gap) for lane in one.lanes if lane.gap and _seconds(facts, lane.gap.noticed_at) > 1
        ]
        if gaps:
            lane, gap = max(gaps, key=lambda each: each[1].asks)
            where = f"{lane.topic}/{lane.partition} from position {gap.first}"
            more = f" and {len(gaps) - 1} more partitions" if len(gaps) > 1 else ""
            missing = sum(each.missing for _, each in gaps)
            words = (
                f"a gap of {one.name} is being healed: {missing:,} events are missing ({where}{more}) "
                f"for {_seconds(facts, gap.noticed_at):.0f} s, {_asked(gap.asks)}"
            )
            yield Cause(Kind.GAP, Severity.LATE, words, one.name)


def subscriber_behind(facts: Facts) -> Iterator[Cause]:
    for one in facts.subscriptions:
        is_full = (one.queue_depth or 0) >= settings.EVENT_BUS["QUEUE_DEPTH"]
        if is_full or (one.lag and (one.lag_seconds or 0) > PATIENCE):
            queue = "its queue is full, the outbox keeps the rest" if is_full else _in_queue(one)
            words = f"{one.name} is behind by {one.lag or 0:,} events ({_drain(one)}; {queue})"
            yield Cause(Kind.BEHIND, Severity.LATE, words, one.name)


def pipeline_frozen(facts: Facts) -> Iterator[Cause]:
    """Nothing moves, so nothing lags: only the canary tells that from a quiet night."""
    interval = settings.EVENT_BUS["CANARY_INTERVAL"]
    beats = _starts(_alive(facts, "beat"))
    for one in facts.subscriptions:
        since = max([*beats, *([one.canary.committed_at] if one.canary else [])], default=facts.at)
        silent = _seconds(facts, since)
        if silent > interval + facts.objective and not one.queue_depth:
            words = (
                f"the pipeline to {one.name} is frozen: no canary has come through for {silent:.0f} s, "
                f"one is due every {interval:g} s"
            )
            yield Cause(Kind.FROZEN, Severity.STOPPED, words, one.name)


def not_fresh(facts: Facts) -> Iterator[Cause]:
    for one in facts.subscriptions:
        if one.freshness is None:
            continue
        behind, left = one.freshness.seconds_behind, one.freshness.seconds_until_broken
        if behind is None or left is None:
            words = f"{one.name} has not heard of every partition yet"
            yield Cause(Kind.NOT_FRESH, Severity.LATE, words, one.name)
        elif left < 0:
            words = f"{one.name} is only known to be complete up to {behind:.0f} s ago"
            yield Cause(Kind.NOT_FRESH, Severity.LATE, words, one.name)


def dead_letters(facts: Facts) -> Iterator[Cause]:
    for one in facts.subscriptions:
        if one.dead_letters and one.dead_letters.count:
            words = f"{_count(one.dead_letters)} of {one.name} put aside: {_kinds(one.dead_letters)}"
            yield Cause(Kind.DEAD_LETTERS, Severity.ATTENTION, words, one.name)
    if facts.strays and facts.strays.count:
        words = f"{_count(facts.strays)} of no subscription put aside: {_kinds(facts.strays)}"
        yield Cause(Kind.DEAD_LETTERS, Severity.ATTENTION, words)


def drift(facts: Facts) -> Iterator[Cause]:
    """A comparison that was given up says nothing of what the one before it found."""
    for one in facts.subscriptions:
        last = one.comparisons.last if one.comparisons else None
        if last and last.drift_left:
            words = (
                f"{_rows(last)} of {one.name} {_differ(last)} from what its sources have{_after_repair(last)}: "
                f"{_repair(one)}"
            )
            yield Cause(Kind.DRIFT, Severity.ATTENTION, words, one.name)
        given_up = one.comparisons.given_up if one.comparisons else None
        if given_up:
            words = (
                f"the last comparison of {one.name} with its sources was given up ({given_up.error}): "
                f"manage.py reconcile --subscription {one.name} tries again"
            )
            yield Cause(Kind.DRIFT, Severity.ATTENTION, words, one.name)


def log_not_pruned(facts: Facts) -> Iterator[Cause]:
    if facts.pruning_since and (hours := _seconds(facts, facts.pruning_since) / 3600) > LONGEST_PRUNING:
        words = (
            f"the log is not pruned: what began {hours:.0f} hours ago has not come to its end "
            "(the relay's log says why; manage.py prune_events does it now)"
        )
        yield Cause(Kind.NOT_PRUNED, Severity.ATTENTION, words)


ROOT_CAUSES: tuple[Rule, ...] = (
    broker_gone,
    database_away,
    beat_stopped,
    relay_dead,
    relay_not_running,
    worker_dead,
    worker_stands_still,
    log_set_back,
    gap_being_healed,
    dead_letters,
    drift,
    log_not_pruned,
)
CONSEQUENCES: tuple[Rule, ...] = (pipeline_frozen, subscriber_behind, not_fresh)
"""Of what stands still: named only where nothing is known to stand still."""


def _is_known(facts: Facts) -> bool:
    return facts.outbox is not None and facts.outbox.answers


def _alive(facts: Facts, kind: str, queue: str = "") -> list[Process]:
    return [one for one in facts.processes if (one.kind, one.queue) == (kind, queue) and one.alive]


def _last_seen(facts: Facts, kind: str, queue: str = "") -> str:
    seen = [one.seen_at for one in facts.processes if (one.kind, one.queue) == (kind, queue)]
    return f"last sign of life {_seconds(facts, max(seen)):.0f} s ago" if seen else "no sign of life ever"


def _starts(workers: list[Process]) -> list[datetime]:
    return [one.started_at for one in workers]


def _seconds(facts: Facts, since: datetime) -> float:
    return (facts.at - since).total_seconds()


def _asked(asks: int) -> str:
    if not asks:
        return "not asked for again yet"
    again = "once" if asks == 1 else f"{asks} times"
    doubt = ": it may hold an event that ends whoever applies it" if asks > 3 else ""
    return f"asked for again {again}{doubt}"


def _in_queue(one: SubscriptionFacts) -> str:
    return f"{one.queue_depth or 0:,} messages wait"


def _drain(one: SubscriptionFacts) -> str:
    rate = one.pace.per_second if one.pace else 0
    if not rate:
        return "none applied in the last minute"
    return f"at {rate:,.0f} a second {(one.lag or 0) / rate:,.0f} s to go"


def _rows(last: Comparison) -> str:
    return "1 row" if last.drift_left == 1 else f"{last.drift_left:,} rows"


def _differ(last: Comparison) -> str:
    return "differs" if last.drift_left == 1 else "differ"


def _after_repair(last: Comparison) -> str:
    return " even after a repair" if last.repair else ""


def _repair(one: SubscriptionFacts) -> str:
    under_way = one.comparisons.under_way if one.comparisons else None
    if under_way and under_way.repair:
        return "a repair is under way"
    return f"manage.py reconcile --repair --subscription {one.name} has them announced again"


def _count(letters: DeadLetters) -> str:
    return "an event" if letters.count == 1 else f"{letters.count:,} events"


def _kinds(letters: DeadLetters) -> str:
    kind = letters.kinds[0]
    more = f", and {len(letters.kinds) - 1} other errors" if len(letters.kinds) > 1 else ""
    return f"{kind.error_type.rpartition('.')[2]}: {kind.error}{more}".replace("\n", " ")
