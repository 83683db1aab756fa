"""The last hour of a subscription: how many events it applied each minute, and how late they were."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from event_bus.status.facts import Minute, Pace
from event_bus.words import counted, duration

WIDTH, HEIGHT = 600, 96
"""Of the drawing, without the words around it."""

MIDDLES = 0.5


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Chart:
    title: str
    description: str
    top: str
    """What the upper edge stands for."""
    bars: list[Bar]
    line: str
    """Path, in as many pieces as there are times with something to tell."""


@dataclass(frozen=True)
class LastHour:
    since: datetime
    throughput: Chart
    lag: Chart
    minutes: Sequence[Minute]


def last_hour(subscription: str, pace: Pace) -> LastHour:
    return LastHour(
        since=pace.minutes[0].at,
        throughput=_throughput(subscription, pace.minutes),
        lag=_lag(subscription, pace.minutes),
        minutes=pace.minutes,
    )


def _throughput(subscription: str, minutes: Sequence[Minute]) -> Chart:
    most = max(minute.events for minute in minutes)
    pitch = WIDTH / len(minutes)
    bars = [
        Bar(
            x=round(index * pitch + 1, 2),
            y=round(HEIGHT - (height := max(minute.events / (most or 1) * HEIGHT, 2)), 2),
            width=round(pitch - 2, 2),
            height=round(height, 2),
            title=f"{minute.at:%H:%M}: {counted(minute.events, 'event')}",
        )
        for index, minute in enumerate(minutes)
        if minute.events
    ]
    total = sum(minute.events for minute in minutes)
    return Chart(
        title=f"Events applied each minute by {subscription}",
        description=f"{counted(total, 'event')} in the last hour, at most {most:,} in a minute.",
        top=f"{most:,}/min",
        bars=bars,
        line="",
    )


def _lag(subscription: str, minutes: Sequence[Minute]) -> Chart:
    known = [minute.late for minute in minutes if minute.late is not None]
    most = max(known, default=0.0)
    return Chart(
        title=f"Lag of {subscription}: how old events were when applied",
        description=f"At most {duration(most)} in the last hour."
        if known
        else "Nothing was applied in the last hour.",
        top=duration(most),
        bars=[],
        line=_line(minutes, most),
    )


def _line(minutes: Sequence[Minute], most: float) -> str:
    pitch = WIDTH / len(minutes)
    pieces, pen_is_down = [], False
    for index, minute in enumerate(minutes):
        if minute.late is None:
            pen_is_down = False
            continue
        x, y = (index + MIDDLES) * pitch, HEIGHT - minute.late / (most or 1) * (HEIGHT - 4) - 2
        pieces.append(f"{'L' if pen_is_down else 'M'}{x:.1f} {y:.1f}")
        if not pen_is_down:
            pieces.append("h0.01")  # a minute by itself is a dot
        pen_is_down = True
    return "".join(pieces)
