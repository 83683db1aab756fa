"""How each subscription compared with its sources, in words: when, how much, what differed, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from event_bus.status.facts import (
    ComparedPart,
    Comparison,
    Comparisons,
    DifferingRow,
    Facts,
    SubscriptionFacts,
)
from event_bus.words import ago, counted, duration


@dataclass(frozen=True)
class UnderWay:
    words: str
    rows: int
    of: int | None
    """Rows that the last one compared: about how many there will be."""


@dataclass(frozen=True)
class Compared:
    name: str
    state: str
    """Also the end of a CSS class: "good", "bad" or "unknown"."""
    words: str
    given_up: str
    under_way: UnderWay | None
    command: str
    """What helps."""
    parts: Sequence[tuple[str, ...]]
    """Name, rows, differed, repaired."""
    left: Sequence[DifferingRow]
    more: int
    """Rows that still differ beside those."""


def compared(facts: Facts) -> list[Compared]:
    return [_compared(one, one.comparisons, facts.at) for one in facts.subscriptions if one.comparisons]


def _compared(subscription: SubscriptionFacts, known: Comparisons, at: datetime) -> Compared:
    last = known.last
    return Compared(
        name=subscription.name,
        state=_state(known),
        words=_words(last, at) if last else "Never compared with its sources.",
        given_up=_given_up(known.given_up, at) if known.given_up else "",
        under_way=_under_way(known.under_way, last) if known.under_way else None,
        command=_command(subscription.name, known),
        parts=[*map(_cells, last.parts)] if last else (),
        left=last.left if last else (),
        more=last.drift_left - len(last.left) if last else 0,
    )


def _cells(part: ComparedPart) -> tuple[str, ...]:
    return part.name, f"{part.rows:,}", f"{part.differed:,}", f"{part.repaired:,}"


def _state(known: Comparisons) -> str:
    if known.given_up or (known.last and known.last.drift_left):
        return "bad"
    return "good" if known.last else "unknown"


def _words(last: Comparison, at: datetime) -> str:
    looked = f"{counted(last.rows, 'row')} in {duration(last.seconds)}"
    when = ago(last.finished_at, at=at)
    return f"{when[:1].upper()}{when[1:]}, {looked}: {_found(last)}."


def _found(last: Comparison) -> str:
    if not last.differed:
        return "nothing differed"
    said = [f"{counted(last.differed, 'row')} differed"]
    if last.repaired:
        said.append("all repaired" if last.repaired == last.differed else f"{last.repaired:,} repaired")
    if last.drift_left:
        said.append(f"{last.drift_left:,} still {'differs' if last.drift_left == 1 else 'differ'}")
    return ", ".join(said)


def _given_up(run: Comparison, at: datetime) -> str:
    return f"The newest one was given up {ago(run.finished_at, at=at)}: {run.error}."


def _under_way(run: Comparison, last: Comparison | None) -> UnderWay:
    of = max(last.rows, run.rows) if last and last.rows else None
    about = f" of about {of:,}" if of else ""
    what = "Repairing" if run.repair else "Comparing"
    differ = f", {counted(run.differed, 'row')} differed so far" if run.differed else ""
    words = f"{what} for {duration(run.seconds)}, now {run.part}: {run.rows:,}{about} rows{differ}."
    return UnderWay(words, run.rows, of)


def _command(name: str, known: Comparisons) -> str:
    if known.under_way:
        return ""
    if known.last and known.last.drift_left:
        return f"manage.py reconcile --repair --subscription {name}"
    return "" if known.last and not known.given_up else f"manage.py reconcile --subscription {name}"
