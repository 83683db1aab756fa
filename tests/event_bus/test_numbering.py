import threading

import pytest
from django.db import connection, transaction

from event_bus.outbox import numbering
from event_bus.outbox.models import OutboxEvent, Partition
from event_bus.outbox.numbering import number_committed_events
from tests.event_bus.announcing import announce


def positions():
    found = {}
    for partition, position in OutboxEvent.objects.order_by("id").values_list("partition_id", "position"):
        found.setdefault(partition, []).append(position)
    return found


@pytest.mark.django_db
def test_positions_have_no_holes_and_follow_the_order_of_announcing():
    announce(40)
    number_committed_events()
    announce(40)
    number_committed_events()

    for partition, given in positions().items():
        assert given == [*range(1, len(given) + 1)]
        assert Partition.objects.get(id=partition).head == len(given)


@pytest.mark.django_db
def test_numbering_twice_changes_nothing():
    announce(5)
    number_committed_events()
    before = positions()

    assert number_committed_events() == 0
    assert positions() == before


@pytest.mark.django_db
def test_a_long_backlog_is_numbered_in_parts():
    announce(25)

    assert [number_committed_events(at_most=10) for _ in range(4)] == [10, 10, 5, 0]
    assert all(given == [*range(1, len(given) + 1)] for given in positions().values())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_is_not_skipped():
    """The best-known bug of the field: its row has the lower id, and readers have passed that already."""
    announced, may_commit = threading.Event(), threading.Event()

    def commit_late():
        try:
            with transaction.atomic():
                announce(3, note="late")
                announced.set()
                may_commit.wait(timeout=10)
        finally:
            connection.close()

    late = threading.Thread(target=commit_late)
    late.start()
    announced.wait(timeout=10)
    announce(5, note="early")

    assert number_committed_events() == 5  # and does not wait for the open transaction

    may_commit.set()
    late.join()

    assert number_committed_events() == 3
    assert not OutboxEvent.objects.filter(position=None).exists()
    numbered = OutboxEvent.objects.order_by("partition_id", "position")
    assert {e.data["note"] for e in numbered if e.id < max(x.id for x in numbered)} >= {"late", "early"}


@pytest.mark.django_db
def test_a_relay_that_is_overtaken_looks_again(monkeypatch):
    announce(5)
    look = numbering._numbers_for_waiting

    def look_and_be_overtaken(*arguments):
        monkeypatch.undo()
        seen = look(*arguments)
        assert number_committed_events() == 5
        announce(3)
        return seen

    monkeypatch.setattr(numbering, "_numbers_for_waiting", look_and_be_overtaken)

    assert number_committed_events() == 3
    for partition, given in positions().items():
        assert given == [*range(1, len(given) + 1)]
        assert Partition.objects.get(id=partition).head == len(given)


@pytest.mark.postgres
@pytest.mark.django_db
def test_statistics_of_a_backlog_do_not_have_it_read_the_log():
    """As autovacuum takes them while many events wait: it would expect to find one wherever it looks."""
    store(20_000)
    while number_committed_events():
        pass
    store(10_000)
    run("ANALYZE outbox_outboxevent")
    while number_committed_events():
        pass
    before = rows_read_in_order_of_the_table()

    for _ in range(10):  # more often than a statement is run before it is planned for good
        announce(1)
        assert number_committed_events() == 1
        assert number_committed_events() == 0

    assert rows_read_in_order_of_the_table() == before


def store(events):
    run(
        "INSERT INTO outbox_outboxevent (partition_id, type, subject, recorded_at, data)"
        " SELECT partition.id, 'any', gen_random_uuid(), now(), '' FROM generate_series(1, %s) AS number,"
        " (SELECT min(id) AS id FROM outbox_partition) AS partition",
        [events],
    )


def rows_read_in_order_of_the_table():
    [[rows]] = run("SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'outbox_outboxevent'")
    return rows


def run(statement, parameters=None):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
