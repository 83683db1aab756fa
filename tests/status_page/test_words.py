"""Numbers as people read them."""

from datetime import UTC, datetime, timedelta

import pytest

from event_bus.words import ago, counted, duration, rate

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "?"),
        (0.018, "18 ms"),
        (0.4, "0.4 s"),
        (9.96, "10 s"),
        (119, "119 s"),
        (330, "6 min"),
        (7_200, "2 h"),
        (200_000, "2 days"),
    ],
)
def test_a_duration_has_the_unit_that_people_would_use(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("per_second", "said"),
    [(None, "?"), (0, "0 /s"), (0.01, "0.1 /s"), (4.13, "4.1 /s"), (1_234.5, "1,234 /s")],
)
def test_a_rate_never_rounds_something_to_nothing(per_second, said):
    assert rate(per_second) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(-0.2, "just now"), (0.3, "just now"), (1.2, "1.2 s ago"), (90, "90 s ago")]
)
def test_a_time_is_told_from_now(seconds, said):
    assert ago(NOW - timedelta(seconds=seconds), at=NOW) == said


def test_what_never_happened_is_said_so():
    assert ago(None, at=NOW) == "never"


def test_one_is_not_many():
    assert [counted(number, "event") for number in (0, 1, 1_200)] == ["0 events", "1 event", "1,200 events"]
