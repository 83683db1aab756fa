"""The status on a terminal."""

from collections.abc import Iterator
from datetime import datetime
from operator import attrgetter

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from event_bus.status import Status
from event_bus.status.diagnosis import Level
from event_bus.status.facts import Comparisons, Facts, SubscriptionFacts
from event_bus.words import duration

STYLES = {
    Level.HEALTHY: "bold green",
    Level.ATTENTION: "bold yellow",
    Level.LATE: "bold yellow",
    Level.STOPPED: "bold red",
}


def picture_of(status: Status) -> RenderableType:
    return Group(
        Text(status.diagnosis.headline, style=STYLES[status.diagnosis.level]),
        "",
        _subscriptions(status.facts),
        "",
        _comparisons(status.facts),
        "",
        _lanes(status.facts),
        "",
        _processes(status.facts),
    )


def _subscriptions(facts: Facts) -> Table:
    table = _table(
        "subscription", "lag", "oldest", "queue", "events/s", "p50", "p99", "canary", "fresh for", "dead"
    )
    for one in facts.subscriptions:
        table.add_row(one.name, *_numbers(one, facts.at))
    return table


def _numbers(one: SubscriptionFacts, at: datetime) -> Iterator[str]:
    yield _count(one.lag)
    yield duration(one.lag_seconds)
    yield _count(one.queue_depth)
    yield _count(round(one.pace.per_second, 1) if one.pace else None)
    yield duration(one.pace.p50 if one.pace else None)
    yield duration(one.pace.p99 if one.pace else None)
    yield f"{_age(one.canary.committed_at, at)} ago" if one.canary else "?"
    yield _fresh_for(one.freshness.seconds_until_broken if one.freshness else None)
    yield _count(one.dead_letters.count if one.dead_letters else None)


def _comparisons(facts: Facts) -> Table:
    table = _table("subscription", "compared", "took", "rows", "differed", "repaired", "left", "")
    for one in facts.subscriptions:
        table.add_row(one.name, *_last_comparison(one.comparisons, facts.at), _newer(one.comparisons))
    return table


def _last_comparison(known: Comparisons | None, at: datetime) -> Iterator[str]:
    last = known.last if known else None
    if last and last.finished_at:
        yield f"{_age(last.finished_at, at)} ago"
        yield duration(last.seconds)
        yield from map(_count, (last.rows, last.differed, last.repaired, last.drift_left))
    else:
        yield "never" if known else "?"
        yield from [""] * 5


def _newer(known: Comparisons | None) -> str:
    if known is None:
        return ""
    if known.under_way:
        return f"under way: {known.under_way.rows:,} rows, now {known.under_way.part}"
    if known.given_up:
        return f"the newest was given up: {known.given_up.error}"
    return "" if known.last else "manage.py reconcile does it"


def _lanes(facts: Facts) -> Table:
    """A row a topic; where something lags or is missing, one a partition."""
    table = _table(
        "subscription", "topic", "partition", "head", "sent", "applied", "unnumbered", "lag", "gap"
    )
    for one in facts.subscriptions:
        for topic in one.topics:
            lanes = [lane for lane in one.lanes if lane.topic == topic]
            troubled = [lane for lane in lanes if lane.lag or lane.gap]
            whole = [
                _count(_sum([getattr(lane, name) for lane in lanes]))
                for name in ("head", "sent", "applied", "unnumbered", "lag")
            ]
            table.add_row(one.name, topic, f"all {len(lanes)}", *whole, "")
            for lane in troubled:
                numbers = map(_count, (lane.head, lane.sent, lane.applied, lane.unnumbered, lane.lag))
                gap = f"{lane.gap.missing:,} missing, asked {lane.gap.asks}×" if lane.gap else ""
                table.add_row("", "", str(lane.partition), *numbers, gap)
    return table


def _processes(facts: Facts) -> Table:
    """Of those that are gone the last, and only where none of its kind is alive."""
    table = _table("process", "where", "started", "last sign of life", "")
    last = {(one.kind, one.queue): one for one in sorted(facts.processes, key=attrgetter("seen_at"))}
    for one in facts.processes:
        newest = last[one.kind, one.queue]
        if not one.alive and (newest.alive or one is not newest):
            continue
        name = f"worker of {one.queue}" if one.queue else one.kind
        seen = f"{_age(one.seen_at, facts.at)} ago"
        table.add_row(
            name, one.name, f"{_age(one.started_at, facts.at)} ago", seen, "" if one.alive else "silent"
        )
    for side in (facts.outbox, facts.inbox, facts.broker):
        if side:
            table.add_row(side.name, "", "", "answers" if side.answers else side.error, "")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="left" if name in ("topic", "where", "gap", "") else "right")
    return table


def _sum(numbers: list[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _count(number: float | None) -> str:
    return "?" if number is None else f"{number:,}"


def _fresh_for(left: float | None) -> str:
    return f"{duration(-left)} too late" if left is not None and left < 0 else duration(left)


def _age(time: datetime, at: datetime) -> str:
    return duration(max((at - time).total_seconds(), 0.0))
