"""Who is alive: the processes by their signs of life, the broker and the databases by their answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from event_bus.status.facts import Facts, Process, Side
from event_bus.words import ago


@dataclass(frozen=True)
class Chip:
    name: str
    words: str
    state: str
    """Also the end of a CSS class: "good" or "bad"."""


def chips(facts: Facts) -> list[Chip]:
    sides = [side for side in (facts.broker, facts.outbox, facts.inbox) if side]
    return [*_processes(facts), *map(_of_side, sides)]


def _processes(facts: Facts) -> Iterator[Chip]:
    in_order = sorted(facts.processes, key=_role)
    for (kind, queue), group in groupby(in_order, key=_role):
        alike = list(group)
        alive = sum(process.alive for process in alike)
        newest = max(process.seen_at for process in alike)
        several = f" × {alive}" if alive > 1 else ""
        yield Chip(
            name=f"{kind} {queue}".strip() + several,
            words=f"seen {ago(newest, at=facts.at)}",
            state="good" if alive else "bad",
        )


def _role(process: Process) -> tuple[str, str]:
    return process.kind, process.queue


def _of_side(side: Side) -> Chip:
    if side.answers:
        return Chip(side.name, "answers", "good")
    return Chip(side.name, f"does not answer: {side.error}", "bad")
