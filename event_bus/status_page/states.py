"""How a partition is doing, in one word and in a sentence."""

from enum import StrEnum

from event_bus.status.facts import Lane
from event_bus.words import counted, duration


class State(StrEnum):
    """Also the name of a CSS class."""

    FRESH = "fresh"
    MOVING = "moving"
    LATE = "late"
    GAP = "gap"
    UNKNOWN = "unknown"


WORST_FIRST = [State.GAP, State.LATE, State.UNKNOWN, State.MOVING, State.FRESH]


def state_of(lane: Lane, objective: float) -> State:
    if lane.lag is None:
        return State.UNKNOWN
    if lane.gap is not None:
        return State.GAP
    if lane.lag == 0:
        return State.FRESH
    return State.LATE if (lane.lag_seconds or 0) > objective else State.MOVING


def worst_of(states: list[State]) -> State:
    return min(states, key=WORST_FIRST.index, default=State.UNKNOWN)


def words_of(lane: Lane) -> str:
    if lane.lag is None:
        return "not known"
    behind = f"{lane.lag:,} behind, the oldest for {duration(lane.lag_seconds)}" if lane.lag else "up to date"
    if lane.gap is None:
        return behind
    gap = f"{lane.gap.missing:,} missing from position {lane.gap.first}"
    return f"{behind}; {gap}, asked for {counted(lane.gap.asks, 'time')}"
