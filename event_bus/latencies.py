"""How long events took, in a few numbers that can be added up: a histogram whose buckets grow by a fifth."""

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping

Histogram = dict[str, int]
"""Number of the bucket (text, since it is kept as JSON) to number of events."""

GROWTH = 1.2
"""So a percentile is at most a fifth too high, never too low."""

SHORTEST = 0.001
"""Seconds. What took less is in bucket 0."""


def histogram_of(seconds: Iterable[float]) -> Histogram:
    ordered, counts, done = sorted(seconds), {}, 0
    while done < len(ordered):  # once a bucket, not once an event
        bucket = _bucket(ordered[done])
        end = max(bisect_right(ordered, SHORTEST * GROWTH**bucket, done), done + 1)
        counts[str(bucket)], done = end - done, end
    return counts


def add_up(histograms: Iterable[Mapping[str, int]]) -> Histogram:
    total: Counter[str] = Counter()
    for each in histograms:
        total.update(each)
    return dict(total)


def percentile(histogram: Mapping[str, int], percent: float) -> float | None:
    """Seconds within which so many percent of the events were done; None if there are none."""
    wanted = math.ceil(sum(histogram.values()) * percent / 100)
    seen = 0
    for bucket in sorted(map(int, histogram)):
        seen += histogram[str(bucket)]
        if seen >= wanted:
            return float(SHORTEST * GROWTH**bucket)
    return None


def _bucket(seconds: float) -> int:
    return math.ceil(math.log(seconds / SHORTEST, GROWTH)) if seconds > SHORTEST else 0
