"""Sets of positions as sorted ranges [first, last], both included. Normally there is one: [1, n]."""

from collections.abc import Iterator

Ranges = list[list[int]]


def add(ranges: Ranges, first: int, last: int) -> Ranges:
    """The ranges with first…last in them; neighbours grow together."""
    before = [r for r in ranges if r[1] < first - 1]
    after = [r for r in ranges if r[0] > last + 1]
    touching = ranges[len(before) : len(ranges) - len(after)]
    if touching:
        first, last = min(first, touching[0][0]), max(last, touching[-1][1])
    return [*before, [first, last], *after]


def contain(ranges: Ranges, position: int) -> bool:
    return any(first <= position <= last for first, last in ranges)


def are_apart(ranges: Ranges, first: int, last: int) -> bool:
    """Whether first…last has no position of the ranges."""
    return all(end < first or begin > last for begin, end in ranges)


def missing(ranges: Ranges, up_to: int) -> Iterator[tuple[int, int]]:
    """The ranges between 1 and `up_to` that are not there."""
    start = 1
    for first, last in ranges:
        if start > up_to:
            return
        if first > start:
            yield start, min(first - 1, up_to)
        start = last + 1
    if start <= up_to:
        yield start, up_to


def in_parts(first: int, last: int, *, parts: int) -> list[tuple[int, int]]:
    """The range cut into at most so many of one size."""
    size = -(-(last - first + 1) // parts)
    return [(start, min(start + size - 1, last)) for start in range(first, last + 1, size)]


def without_holes_up_to(ranges: Ranges) -> int:
    return ranges[0][1] if ranges and ranges[0][0] == 1 else 0


def count(ranges: Ranges) -> int:
    return sum(last - first + 1 for first, last in ranges)
