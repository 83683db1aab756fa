"""Columns of values as a relation: what comes back is what was given."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from django.db import connection, models

from event_bus.relations import as_relations

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

COLUMNS = {
    "ids": (models.UUIDField(), [UUID(int=0), UUID(int=2**128 - 1), uuid4()]),
    "ids, one unknown": (models.UUIDField(), [uuid4(), None]),
    "times": (
        models.DateTimeField(),
        [
            NOON,
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        ],
    ),
    "times, one unknown": (models.DateTimeField(), [NOON, None]),
    "numbers": (models.BigIntegerField(), [0, -(2**63), 2**63 - 1]),
    "truths": (models.BooleanField(), [True, False]),
    "texts": (models.TextField(), ["", "NULL", 'a "b" \\ {c}, d', "é🫖\n", "' OR 1=1 --"]),
    "plain texts": (models.CharField(max_length=1), ["longer than the field", "NULL"]),
}


@pytest.mark.parametrize("what", COLUMNS)
def test_what_comes_back_is_what_was_given(what):
    field, given = COLUMNS[what]
    field.set_attributes_from_name("value")

    assert came_back(field, given) == given


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_any_number_of_rows_comes_in_chunks(at_once, monkeypatch):
    monkeypatch.setattr("event_bus.relations.MOST_ROWS", at_once)
    monkeypatch.setattr("event_bus.relations.MOST_PARAMETERS", at_once)
    field, given = models.BigIntegerField(), [3, 1, 2, 5, 4]
    field.set_attributes_from_name("value")

    assert came_back(field, given) == given


def came_back(field, given):
    rows = []
    with connection.cursor() as cursor:
        for relation, parameters in as_relations(connection, [field], [given]):
            cursor.execute(relation, parameters)
            rows += [value for (value,) in cursor.fetchall()]
    if connection.vendor == "postgresql":
        return rows
    stored = {field.get_db_prep_value(value, connection): value for value in given}
    return [stored[row] for row in rows]
