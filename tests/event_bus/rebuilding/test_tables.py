"""What PostgreSQL has beside rows: indexes, constraints, locks, and what operators have attached to the tables."""

from threading import Timer

import pytest
from django.core.management import CommandError
from django.db import connections
from django.utils import timezone

from event_bus.inbox.models import DeadLetter
from event_bus.rebuilding import filling, late_indexes
from event_bus.rebuilding.rebuild import Rebuild
from event_bus.rebuilding.spares import spare_beside
from orders.operations import LineToOrder, cancel_order, place_order
from tests.event_bus.rebuilding.doing import HISTORY, answer, everything_arrives, rebuild

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "order_history"])


@pytest.mark.postgres
def test_indexes_are_made_when_the_rows_are_there_and_are_those_of_the_tables_that_serve(shop):
    with connections["order_history"].cursor() as cursor:
        for statement in AN_OPERATORS:
            cursor.execute(statement)
    served, constrained = indexes(), constraints()
    try:
        with spare_beside("order_history") as spare:
            made = Rebuild(HISTORY, spare)
            made.create()
            while_filled = indexes("spare")
            sum(made.fill())

        rebuild()

        upserted = {"order_history_historyproduct", "order_history_historyuser"}
        assert while_filled == {index for index in served if index[2] and index[0] in upserted}
        assert indexes() == indexes("spare") == served
        assert constraints() == constraints("spare") == constrained
        rebuild()
        assert indexes() == served
        assert constraints() == constrained
    finally:
        with connections["order_history"].cursor() as cursor:
            cursor.execute("DROP INDEX an_operators")
            for name in ("deferrable", "of_nulls", "exclusion"):
                cursor.execute(
                    f"ALTER TABLE order_history_orderedproduct DROP CONSTRAINT an_operators_{name}"
                )


AN_OPERATORS = [
    "CREATE INDEX an_operators ON order_history_historyproduct (version)",
    "ALTER TABLE order_history_orderedproduct ADD CONSTRAINT an_operators_deferrable "
    "UNIQUE (user_id, product_id, quantity) DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE order_history_orderedproduct ADD CONSTRAINT an_operators_of_nulls "
    "UNIQUE NULLS NOT DISTINCT (product_id, user_id)",
    "ALTER TABLE order_history_orderedproduct ADD CONSTRAINT an_operators_exclusion "
    "EXCLUDE USING btree (user_id WITH =, product_id WITH =)",
]


def indexes(schema="public"):
    """(table, name, whether unique, of what) of each, save those of the bus."""
    with connections["order_history"].cursor() as cursor:
        cursor.execute(
            "SELECT tablename, indexname, indexdef FROM pg_indexes "
            "WHERE schemaname = %s AND tablename LIKE 'order_history_%%'",
            [schema],
        )
        return {
            (table, name, "UNIQUE" in text, text.partition(" USING ")[2])
            for table, name, text in cursor.fetchall()
        }


def constraints(schema="public"):
    """(table, name, what) of each, save those of the bus."""
    with connections["order_history"].cursor() as cursor:
        cursor.execute(
            "SELECT relname, conname, pg_get_constraintdef(pg_constraint.oid) "
            "FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid "
            "WHERE relnamespace = %s::regnamespace AND relname LIKE 'order_history_%%'",
            [schema],
        )
        return set(cursor.fetchall())


@pytest.mark.postgres
@pytest.mark.parametrize("statements", [0, 2, 4, 7, 8, 9, 10, 11, 12, 13])
def test_a_rebuild_that_was_killed_while_it_made_its_indexes_goes_on(shop, monkeypatch, statements):
    """Also if an order that it has filled in changes before it goes on."""
    served, constrained = indexes(), constraints()
    order = place_order(user_id=shop["ann"].id, lines=[LineToOrder(shop["lamp"].id, 1)], at=timezone.now())
    everything_arrives()
    monkeypatch.setattr(filling, "AT_ONCE", 1)
    with spare_beside("order_history") as spare:
        made = Rebuild(HISTORY, spare)
        made.create()
        sum(made.fill())
        monkeypatch.setattr(late_indexes, "_run", dying_after(statements))
        with pytest.raises(Killed):
            made.derive()
        monkeypatch.undo()
    cancel_order(order_id=order.id, at=timezone.now())
    everything_arrives()

    rebuild()

    assert indexes() == served
    assert constraints() == constrained
    assert answer(shop["ann"]) == {"Blue teapot": 1}
    assert not DeadLetter.objects.exists()


class Killed(Exception):
    pass


def dying_after(count):
    """Runs so many of the statements that it is given, one after the other."""
    run, left = late_indexes._run, iter(range(count))

    def run_some(connect, statements, sessions):
        for statement in statements:
            if next(left, None) is None:
                raise Killed
            run(connect, [statement], 1)

    return run_some


@pytest.mark.postgres
def test_an_index_that_outlives_the_rebuild_that_wanted_it_is_waited_for(shop):
    """The client is gone, the server finishes its statement: what follows must not be appended to a unique index."""
    order = place_order(user_id=shop["ann"].id, lines=[LineToOrder(shop["lamp"].id, 1)], at=timezone.now())
    everything_arrives()
    with spare_beside("order_history") as spare:
        made = Rebuild(HISTORY, spare)
        made.create()
        sum(made.fill())
    cancel_order(order_id=order.id, at=timezone.now())
    everything_arrives()
    outliving = connections.create_connection("order_history")
    with outliving.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "CREATE UNIQUE INDEX an_order_holds_a_product_once "
            "ON spare.order_history_historyorderline (order_id, product_id)"
        )
    committing = Timer(1, outliving.connection.commit)
    committing.start()

    rebuild()

    committing.join()
    outliving.close()
    assert answer(shop["ann"]) == {"Blue teapot": 1}
    assert not DeadLetter.objects.exists()


@pytest.mark.postgres
def test_what_autovacuum_does_to_the_spare_tables_is_waited_for(shop):
    with spare_beside("order_history") as spare:
        made = Rebuild(HISTORY, spare)
        made.create()
        sum(made.fill())
        made.derive()
        vacuuming = connections.create_connection("order_history")
        with vacuuming.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("LOCK TABLE spare.order_history_historyorderline IN SHARE UPDATE EXCLUSIVE MODE")
        letting_go = Timer(1, vacuuming.connection.commit)
        letting_go.start()

        made.exchange()

        letting_go.join()
        vacuuming.close()
    assert answer(shop["ann"]) == {"Blue teapot": 1}


@pytest.mark.postgres
def test_what_operators_have_set_on_the_tables_is_set_on_those_that_take_their_place(shop):
    with connections["order_history"].cursor() as cursor:
        cursor.execute("CREATE ROLE reporting")
        cursor.execute("GRANT SELECT ON order_history_orderedproduct TO reporting")
        cursor.execute("ALTER TABLE order_history_orderedproduct SET (autovacuum_vacuum_scale_factor = 0.01)")
        try:
            rebuild()

            cursor.execute(
                "SELECT has_table_privilege('reporting', oid, 'SELECT'), "
                "has_table_privilege('reporting', oid, 'DELETE'), reloptions "
                "FROM pg_class WHERE oid = 'order_history_orderedproduct'::regclass"
            )
            assert cursor.fetchone() == (True, False, ["autovacuum_vacuum_scale_factor=0.01"])
        finally:
            cursor.execute("DROP OWNED BY reporting")
            cursor.execute("DROP ROLE reporting")
            cursor.execute("ALTER TABLE order_history_orderedproduct RESET (autovacuum_vacuum_scale_factor)")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("made", "named", "dropped"),
    [
        (
            "CREATE VIEW ordered AS SELECT * FROM order_history_orderedproduct",
            r"view ordered \(of order_history_orderedproduct\)",
            "DROP VIEW ordered",
        ),
        (
            "CREATE TRIGGER no_change BEFORE UPDATE ON order_history_historyuser FOR EACH ROW "
            "EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "trigger no_change",
            "DROP TRIGGER no_change ON order_history_historyuser",
        ),
        (
            "CREATE TABLE seen (id uuid REFERENCES order_history_historyproduct)",
            "foreign key seen_id_fkey",
            "DROP TABLE seen",
        ),
        (
            "CREATE PUBLICATION told FOR TABLE order_history_historyorderline",
            "publication told",
            "DROP PUBLICATION told",
        ),
    ],
)
def test_what_would_stay_with_the_old_tables_is_named_before_anything_is_done(shop, made, named, dropped):
    with connections["order_history"].cursor() as cursor:
        cursor.execute(made)
        try:
            with pytest.raises(CommandError, match=named):
                rebuild()
        finally:
            cursor.execute(dropped)
    assert answer(shop["ann"]) == {"Blue teapot": 1}
