"""How fast a subscription applied its events, and how late, from the journal of the last hour."""

from datetime import UTC, datetime, timedelta

import pytest

from event_bus.inbox.models import Delivery
from event_bus.status import inbox_side
from event_bus.status.facts import TopicPace

pytestmark = pytest.mark.django_db(databases="__all__")

NOW = datetime(2026, 3, 1, 12, 30, 40, tzinfo=UTC)


def delivered(*, seconds_ago, late=0.5, events=60, topic="orders", partition=0, first=1):
    """A batch that was applied so long ago; its newest event had committed `late` seconds before."""
    applied_at = NOW - timedelta(seconds=seconds_ago)
    Delivery.objects.create(
        subscription="order_history",
        topic=topic,
        partition=partition,
        first=first,
        last=first + max(events, 1) - 1,
        received_at=applied_at,
        applied_at=applied_at,
        committed_at=applied_at - timedelta(seconds=late) if events else None,
        applied=events,
        already_there=0,
        dead_lettered=0,
        latencies={},
    )


def pace():
    return inbox_side.ask(NOW).subscriptions["order_history"].pace


def test_an_hour_without_deliveries_is_sixty_minutes_of_nothing():
    assert [(minute.events, minute.late) for minute in pace().minutes] == [(0, None)] * 60
    assert (pace().per_second, pace().topics) == (0, ())


def test_each_minute_has_its_events_and_how_late_its_worst_batch_was():
    delivered(seconds_ago=5, late=0.25, events=10)
    delivered(seconds_ago=10, late=7.5, events=20, partition=1)
    delivered(seconds_ago=95, late=1.0, events=30)

    *_, before, this = pace().minutes

    assert (this.at, this.events, this.late) == (NOW.replace(second=0), 30, 7.5)
    assert (before.events, before.late) == (30, 1.0)


def test_the_pace_of_the_last_minute_is_told_by_topic():
    delivered(seconds_ago=5, events=120, topic="orders")
    delivered(seconds_ago=50, events=60, topic="products")
    delivered(seconds_ago=70, events=600, topic="users")

    assert set(pace().topics) == {TopicPace("orders", 2.0), TopicPace("products", 1.0)}
    assert pace().per_second == 3.0


def test_what_was_there_before_is_no_pace_and_no_lag():
    delivered(seconds_ago=5, events=0)

    assert (pace().topics, pace().minutes[-1].events, pace().minutes[-1].late) == ((), 0, None)


def test_a_canary_counts_for_the_lag_and_not_for_the_pace():
    delivered(seconds_ago=5, late=0.75, events=1, topic="canary")

    assert (pace().per_second, pace().minutes[-1].events, pace().minutes[-1].late) == (0, 0, 0.75)
