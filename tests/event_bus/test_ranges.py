from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from event_bus.inbox import ranges

runs = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 8)).map(lambda run: (run[0], run[0] + run[1])))


@given(st.integers(1, 50), st.integers(0, 50), st.integers(1, 9))
def test_parts_are_the_whole_in_order(first, length, parts):
    cut = ranges.in_parts(first, first + length, parts=parts)

    assert len(cut) <= parts
    assert [p for start, end in cut for p in range(start, end + 1)] == [*range(first, first + length + 1)]


@given(runs, st.integers(0, 80))
def test_ranges_are_the_set_of_the_positions_added(added, up_to):
    expected = {position for first, last in added for position in range(first, last + 1)}

    found = []
    for first, last in added:
        found = ranges.add(found, first, last)

    assert {position for position in range(1, 90) if ranges.contain(found, position)} == expected
    assert ranges.count(found) == len(expected)
    missing = {p for first, last in ranges.missing(found, up_to) for p in range(first, last + 1)}
    assert missing == set(range(1, up_to + 1)) - expected
    assert all(left[1] + 1 < right[0] for left, right in pairwise(found))
    assert ranges.are_apart(found, up_to, up_to + 5) == expected.isdisjoint(range(up_to, up_to + 6))
