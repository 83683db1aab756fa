"""What the facts mean: every rule names one cause in plain words, or nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from event_bus.status.facts import Facts
from event_bus.status.rules import CONSEQUENCES, ROOT_CAUSES, Cause, Severity


class Level(StrEnum):
    HEALTHY = "healthy"
    ATTENTION = "attention"
    """Everything flows, and something waits for a person."""
    LATE = "late"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Diagnosis:
    level: Level
    headline: str
    causes: tuple[Cause, ...]
    """The worst first."""


def diagnose(facts: Facts) -> Diagnosis:
    """What follows from something that stands still is not named beside it."""
    roots = [cause for rule in ROOT_CAUSES for cause in rule(facts)]
    if not any(cause.severity is Severity.STOPPED for cause in roots):
        roots += [cause for rule in CONSEQUENCES for cause in rule(facts)]
    causes = tuple(sorted(roots, key=lambda cause: list(Severity).index(cause.severity)))
    level = Level(causes[0].severity.value) if causes else Level.HEALTHY
    return Diagnosis(level, _headline(level, facts, causes), causes)


def _headline(level: Level, facts: Facts, causes: tuple[Cause, ...]) -> str:
    why = "; ".join(cause.words for cause in causes if cause.severity.value == level.value)
    match level:
        case Level.HEALTHY:
            return "healthy"
        case Level.ATTENTION:
            return f"everything flows, but {why}"
        case Level.LATE:
            seconds = max(_seconds_late(facts), default=0.0)
            return f"late by {seconds:.0f} s because {why}" if seconds >= 1 else f"late because {why}"
        case Level.STOPPED:
            return f"stopped because {why}"


def _seconds_late(facts: Facts) -> Iterator[float]:
    for one in facts.subscriptions:
        if one.lag_seconds is not None:
            yield one.lag_seconds
        if one.freshness and (one.freshness.seconds_until_broken or 0) < 0:
            yield one.freshness.seconds_behind or 0.0
