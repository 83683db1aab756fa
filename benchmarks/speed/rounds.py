"""Contenders measured in turn, so that what the machine does meanwhile meets all of them alike."""

from collections import defaultdict
from collections.abc import Callable, Mapping

from benchmarks.speed.figures import Figure

Measured = Mapping[tuple[str, str], float]
"""By (metric, unit)."""


def interleaved(
    contenders: Mapping[str, Callable[[], Measured]],
    *,
    rounds: int,
    setting: str = "",
    say: Callable[[str], None] = lambda text: None,
) -> list[Figure]:
    """A round measures each contender once, every other round in the opposite order."""
    values: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for number in range(rounds):
        names = list(contenders)
        for name in names if number % 2 == 0 else reversed(names):
            say(f"round {number + 1} of {rounds}: {name} {setting}".rstrip())
            for (metric, unit), value in contenders[name]().items():
                values[name, metric, unit].append(value)
    return [Figure(name, metric, unit, tuple(each), setting) for (name, metric, unit), each in values.items()]
