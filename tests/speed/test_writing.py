"""What the benchmark of a write compares is the same write, but for the event."""

import pytest

from benchmarks.speed.figures import Figure
from benchmarks.speed.writing import (
    ANNOUNCED,
    IN_REQUEST,
    SETTINGS,
    SILENT,
    STATEMENTS,
    TIME,
    goals,
    placing,
)
from event_bus.outbox.models import OutboxEvent
from orders.models import Order, OrderLine


@pytest.fixture(params=["operation", "request"])
def place(db, request):
    place = placing._placer()
    if request.param == "request":
        place = placing._requester()
    place()  # what is remembered from the first time on is asked for here
    return place


@pytest.mark.parametrize(("announced", "events"), [(True, 5), (False, 0)])
def test_an_order_is_placed_whole_and_announced_only_if_it_is_to_be(place, announced, events):
    OutboxEvent.objects.all().delete()
    Order.objects.unguarded().all().delete()

    placing._seconds(place, 5, announced)

    assert Order.objects.count() == 5
    assert OrderLine.objects.count() == 5 * placing.LINES
    assert OutboxEvent.objects.count() == events


def test_announcing_adds_one_insert_and_no_command_to_the_broker(place):
    announced = placing._measure(place, orders=0, announced=True)
    silent = placing._measure(place, orders=0, announced=False)

    added = [sql for sql in announced["statements"] if sql not in silent["statements"]]
    assert [sql.split()[:3] for sql in added] == [["INSERT", "INTO", "outbox_outboxevent"]]
    assert len(announced["statements"]) == len(silent["statements"]) + 1
    assert announced["commands"] == silent["commands"] == 0


def test_a_write_is_held_against_the_one_that_announces_nothing():
    def figures(time, statements, commands):
        given = {
            ANNOUNCED: {TIME: time, STATEMENTS: statements, IN_REQUEST: commands},
            SILENT: {TIME: 2.0, STATEMENTS: 3, IN_REQUEST: 0},
        }
        return [
            Figure(contender, metric, "", (value,), setting)
            for setting in SETTINGS.values()
            for contender, metrics in given.items()
            for metric, value in metrics.items()
        ]

    assert [goal.met for goal in goals(figures(2.2, 4, 0))] == [True] * 4
    assert [goal.met for goal in goals(figures(2.4, 5, 1))] == [False] * 4
