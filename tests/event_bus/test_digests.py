"""What two databases compare: canonical whatever the database, and read from it in as few rows as are meant."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from event_bus.digests import Record, Span, as_text, digest_of, hex_of, select, time_of
from event_bus.inbox.models import Checkpoint
from orders.models import Order

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.django_db(databases=["order_history"])
@pytest.mark.parametrize("microsecond", [0, 500_000, 123_456])
def test_a_time_that_came_as_text_is_the_time(microsecond):
    Checkpoint.objects.create(
        subscription="a", topic="b", partition=0, head_as_of=NOON.replace(microsecond=microsecond)
    )

    [text] = Checkpoint.objects.values_list(as_text("head_as_of"), flat=True)

    assert time_of(text) == NOON.replace(microsecond=microsecond)


def test_a_time_that_came_as_text_of_another_zone_is_told_in_utc():
    assert time_of("2026-03-01 17:30:00+05:30").isoformat() == "2026-03-01T12:00:00+00:00"


def test_a_record_has_one_state_and_one_that_contradicts_itself_equals_none():
    record = Record(hex_of("0" * 8 + "-" + "0" * 24), 2, ("a", NOON, False, [("b", 1)]))

    assert record.state == record._replace(fields=("a", NOON, False, [("b", 1)])).state
    assert record.state.id == UUID(int=0)
    assert record.state.digest != record._replace(fields=("a", NOON, True, [("b", 1)])).state.digest
    assert record._replace(fields=()).state.digest == ""
    assert digest_of([record]) != digest_of([record._replace(version=3)]) != digest_of([])


def test_bounds_of_a_span_are_told_to_both_tables_of_a_join():
    """From those of one PostgreSQL infers none of the other, and would read all of it for each of many spans."""
    span = Span(UUID(int=1), UUID(int=2))

    sql = str(
        select(Order.objects.all(), span, by="id", and_by="lines__order_id").values("lines__quantity").query
    )

    assert sql.count("JOIN") == 1
    for column in ('"orders_order"."id"', '"orders_orderline"."order_id"'):
        for comparison in (">", "<="):
            assert f"{column} {comparison} " in sql
