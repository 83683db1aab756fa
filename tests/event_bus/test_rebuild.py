"""A rebuild: the tables made anew beside those that serve, compared, and exchanged in one transaction."""

import io
import os
import subprocess
import sys
from itertools import groupby
from threading import Timer

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from event_bus.inbox.dead_letters import discard_dead_letters
from event_bus.inbox.models import Checkpoint, DeadLetter
from event_bus.management.commands.fill_spare_tables import NO_LOG
from event_bus.outbox.log import read_batches, read_data
from event_bus.outbox.models import Cursor, OutboxEvent, Partition
from event_bus.outbox.numbering import number_committed_events
from event_bus.outbox.relay import create_missing_cursors
from event_bus.outbox.sources import source_of
from event_bus.rebuilding import filling, late_indexes
from event_bus.rebuilding.filling import fill
from event_bus.rebuilding.letters import take_over
from event_bus.rebuilding.rebuild import Rebuild
from event_bus.rebuilding.spares import PREVIOUS, spare_beside
from event_bus.subscriptions import get_subscription
from order_history import projections
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser, OrderedProduct
from orders.models import OrderLine
from orders.operations import LineToOrder, cancel_order, place_order
from products.operations import change_product, create_product
from tests.event_bus.dead_lettering import BrokenTitles
from users.operations import erase_user, sign_up

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "order_history"])
HISTORY = get_subscription("order_history")


@pytest.fixture(autouse=True)
def no_spare_tables_left(transactional_db, django_db_blocker):
    with django_db_blocker.unblock():  # their alias comes and goes, so no mark can name it
        yield
    with spare_beside("order_history") as spare:
        spare.drop()


@pytest.fixture
def shop():
    """A product renamed, two customers, three orders, one of them cancelled, one customer erased; all applied."""
    teapot, lamp = create_product(title="Teapot", price="12.50"), create_product(title="Lamp", price="30")
    ann, bob = (sign_up(email=f"{name}@example.com", password=None) for name in ("ann", "bob"))
    for user in (ann, bob):
        place_order(user_id=user.id, lines=[LineToOrder(teapot.id, 1)], at=timezone.now())
    regretted = place_order(user_id=ann.id, lines=[LineToOrder(lamp.id, 2)], at=timezone.now())
    cancel_order(order_id=regretted.id, at=timezone.now())
    change_product(product_id=teapot.id, title="Blue teapot")
    erase_user(user_id=bob.id, at=timezone.now())
    everything_arrives()
    return {"teapot": teapot, "lamp": lamp, "ann": ann, "bob": bob}


def everything_arrives():
    number_committed_events()
    sum(fill(HISTORY))


def rebuild(*arguments):
    out = io.StringIO()
    call_command("rebuild_order_history", "--workers", "1", *arguments, stdout=out)
    return out.getvalue()


def answer(user):
    rows = OrderedProduct.objects.of_user(user.id).with_product()
    return {row.product.title: row.times_ordered for row in rows}


def test_what_serves_after_a_rebuild_is_what_served_before(shop):
    before = [list(model.objects.values()) for model in (HistoryProduct, HistoryUser)]

    printed = rebuild()

    assert "The rebuilt tables serve now" in printed
    assert [list(model.objects.values()) for model in (HistoryProduct, HistoryUser)] == before
    assert answer(shop["ann"]) == {"Blue teapot": 1}
    assert answer(shop["bob"]) == {}


def test_rows_lost_by_hand_are_shown_and_come_back_when_that_is_accepted(shop):
    HistoryProduct.objects.filter(title="Blue teapot").update(title="Vandalised")
    OrderedProduct.objects.all().delete()

    with pytest.raises(CommandError, match="differ") as refused:
        rebuild()
    assert refused.value.returncode == 3
    assert answer(shop["ann"]) == {}

    printed = rebuild("--accept")

    assert "Vandalised" in printed
    assert answer(shop["ann"]) == {"Blue teapot": 1}


def test_what_comes_after_the_rebuild_is_applied_to_the_tables_that_serve(shop):
    rebuild()
    place_order(user_id=shop["ann"].id, lines=[LineToOrder(shop["lamp"].id, 1)], at=timezone.now())
    everything_arrives()

    assert answer(shop["ann"]) == {"Blue teapot": 1, "Lamp": 1}


def test_undo_has_the_old_tables_serve_again_with_all_that_came_since(shop):
    HistoryProduct.objects.filter(title="Lamp").update(title="Only in the old tables")
    rebuild("--accept")
    place_order(user_id=shop["ann"].id, lines=[LineToOrder(shop["teapot"].id, 1)], at=timezone.now())
    everything_arrives()

    rebuild("--undo")

    assert HistoryProduct.objects.filter(title="Only in the old tables").exists()
    assert answer(shop["ann"]) == {"Blue teapot": 2}
    rebuild("--undo")
    assert HistoryProduct.objects.filter(title="Lamp").exists()


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


def test_who_is_erased_is_erased_from_the_tables_kept_for_undo(shop):
    rebuild()
    assert rows_kept_of(shop["ann"]) == 1

    erase_user(user_id=shop["ann"].id, at=timezone.now())
    everything_arrives()

    assert rows_kept_of(shop["ann"]) == 0
    rebuild("--undo")
    assert answer(shop["ann"]) == {}


def test_tables_kept_for_undo_that_cannot_be_written_to_keep_nobody_from_being_erased(shop, caplog):
    rebuild()
    with spare_beside("order_history") as spare, spare.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE order_history_orderedproduct RENAME TO of_an_older_release")

    erase_user(user_id=shop["ann"].id, at=timezone.now())
    everything_arrives()

    assert answer(shop["ann"]) == {}
    assert "still hold somebody who was erased" in caplog.text


def rows_kept_of(user):
    with spare_beside("order_history") as spare:
        return OrderedProduct.objects.using(spare.name).filter(user_id=user.id).count()


def test_a_rebuild_that_was_interrupted_goes_on(shop):
    with spare_beside("order_history") as spare:
        made = Rebuild(HISTORY, spare)
        made.create()
        next(made.fill())

    printed = rebuild()

    assert "Going on" in printed
    assert answer(shop["ann"]) == {"Blue teapot": 1}


def test_an_order_that_was_told_again_has_the_lines_of_its_last_telling(shop, monkeypatch):
    """Of one version too, as a repair tells it, and whichever batches the tellings came in."""
    lines = [LineToOrder(shop["teapot"].id, 1), LineToOrder(shop["lamp"].id, 2)]
    order = place_order(user_id=shop["ann"].id, lines=lines, at=timezone.now())
    kettle = create_product(title="Kettle", price="9")
    everything_arrives()
    with connections["default"].cursor() as cursor:  # behind the bus
        teapot, lamp = order.lines.all()
        cursor.execute("UPDATE orders_orderline SET quantity = 7 WHERE id = %s", [teapot.id])
        cursor.execute(
            "UPDATE orders_orderline SET product_id = %s WHERE id = %s",
            [
                OrderLine._meta.get_field("product_id").get_db_prep_value(kettle.id, connections["default"]),
                lamp.id,
            ],
        )
    source_of("orders").announce(source_of("orders").select(ids=[order.id]), limit=1)
    everything_arrives()
    monkeypatch.setattr(filling, "AT_ONCE", 1)

    rebuild()

    held = HistoryOrderLine.objects.filter(order_id=order.id)
    assert dict(held.values_list("product_id", "quantity")) == {shop["teapot"].id: 7, kettle.id: 2}
    assert answer(shop["ann"]) == {"Blue teapot": 2, "Kettle": 1}


def test_those_are_filled_first_whose_erasure_others_ask_for(shop, monkeypatch):
    """An erasure takes out a user's order lines, which have no index for that yet: there are to be none."""
    read = []

    def read_and_tell(run, **named):
        read.append(run.topic)
        return read_data(run, **named)

    monkeypatch.setattr("event_bus.rebuilding.filling.read_data", read_and_tell)
    with spare_beside("order_history") as spare:
        made = Rebuild(HISTORY, spare)
        made.create()
        sum(made.fill())

    assert [topic for topic, _ in groupby(read)] == ["products", "users", "orders"]


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


def test_a_worker_ends_if_there_will_be_nothing_to_fill(shop, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    assert filled_by_a_worker(parent=os.getppid()) == 0


def test_a_worker_ends_when_whoever_rebuilds_is_gone(shop, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("go\n"))

    with pytest.raises(CommandError, match="whoever rebuilds is gone"):
        filled_by_a_worker(parent=-1)


def filled_by_a_worker(*, parent):
    with spare_beside("order_history") as spare:
        Rebuild(HISTORY, spare).create()
    call_command("fill_spare_tables", "order_history", worker=0, of=1, parent=parent)
    with spare_beside("order_history") as spare:
        return Rebuild(HISTORY, spare).applied()


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


def test_a_rebuild_that_was_killed_before_it_had_made_its_tables_goes_on(shop):
    with spare_beside("order_history") as spare:
        half_made(spare)

    printed = rebuild()

    assert "Going on" in printed
    assert answer(shop["ann"]) == {"Blue teapot": 1}


def half_made(spare):
    """A set whose maker was killed before its migrations ran."""
    with spare.live.cursor() as cursor:
        if spare.live.vendor == "postgresql":
            cursor.execute("CREATE SCHEMA spare")
        else:
            spare.file.touch()


def test_tables_that_wait_for_an_announcement_are_not_taken_for_filled_from_the_log(shop, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("event_bus.management.commands.rebuild.announce_everything", interrupted)
        with pytest.raises(CommandError, match="interrupted"):
            rebuild("--from", "announce")

    with pytest.raises(CommandError, match="--from announce"):
        rebuild("--accept")

    assert answer(shop["ann"]) == {"Blue teapot": 1}


@pytest.mark.parametrize("read", [read_data, read_batches])
def test_events_that_are_pruned_while_they_are_read_are_missed(shop, monkeypatch, read):
    """However they are read: with care they are read a second time."""
    BrokenTitles(monkeypatch).titles.add("Lamp")

    def read_too_late(given, **named):
        [run] = given if isinstance(given, list) else [given]
        lane = Partition.objects.get(topic=run.topic, number=run.partition)
        lane.events.all().delete()
        Partition.objects.filter(id=lane.id).update(pruned=lane.head)
        return read(given, **named)

    monkeypatch.setattr(f"event_bus.rebuilding.filling.{read.__name__}", read_too_late)

    with pytest.raises(CommandError, match="was pruned"):
        rebuild("--accept")

    assert answer(shop["ann"]) == {"Blue teapot": 1}


def test_undo_after_a_rebuild_of_a_history_that_had_nothing_reads_everything(shop):
    for model in (HistoryProduct, HistoryUser, HistoryOrderLine, OrderedProduct, Checkpoint):
        model.objects.all().delete()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("event_bus.rebuilding.rebuild.PATIENCE", 0.1)
        rebuild("--accept")

    rebuild("--undo")

    assert answer(shop["ann"]) == {"Blue teapot": 1}


def test_nothing_is_rebuilt_before_the_tables_that_serve_are_migrated(shop):
    executor = MigrationExecutor(connections["order_history"])
    executor.recorder.record_unapplied("order_history", "0004_admin_lists")
    try:
        with pytest.raises(CommandError, match="migrate --database order_history"):
            rebuild("--accept")
    finally:
        executor.recorder.record_applied("order_history", "0004_admin_lists")


def test_a_dead_letter_that_was_given_up_stays_given_up(shop, monkeypatch):
    broken = BrokenTitles(monkeypatch)
    broken.titles.add("Red lamp")
    change_product(product_id=shop["lamp"].id, title="Red lamp")
    everything_arrives()
    discard_dead_letters(
        DeadLetter.objects.values_list("id", flat=True), reason="a joke", by="ann", at=timezone.now()
    )

    rebuild()

    assert not DeadLetter.objects.waiting().exists()


def test_what_cannot_be_applied_after_a_rebuild_waits_when_the_old_tables_serve_again(shop, monkeypatch):
    broken = BrokenTitles(monkeypatch)
    broken.titles |= {"Red lamp", "Green lamp"}
    change_product(product_id=shop["lamp"].id, title="Red lamp")
    everything_arrives()
    rebuild()
    change_product(product_id=shop["lamp"].id, title="Green lamp")
    everything_arrives()

    rebuild("--undo")

    assert DeadLetter.objects.waiting().count() == 2


def test_a_rebuild_can_be_discarded(shop):
    with spare_beside("order_history") as spare:
        spare.create()
        next(Rebuild(HISTORY, spare).fill())

    rebuild("--discard")

    with spare_beside("order_history") as spare:
        assert not spare.exists()
    with pytest.raises(CommandError, match="nothing to go back to"):
        rebuild("--undo")


def test_only_one_rebuild_runs_at_a_time(shop):
    with (
        spare_beside("order_history") as spare,
        spare.locked(),
        pytest.raises(CommandError, match="another rebuild"),
    ):
        rebuild()


def test_without_the_old_log_everything_is_announced(shop, monkeypatch):
    monkeypatch.setattr("event_bus.rebuilding.rebuild.PATIENCE", 0.1)
    OutboxEvent.objects.all().delete()

    printed = rebuild("--from", "announce", "--accept")

    assert "Not compared" in printed  # no worker applies the announcements to the tables that serve

    assert answer(shop["ann"]) == {"Blue teapot": 1}
    assert answer(shop["bob"]) == {}
    assert HistoryUser.objects.get(user_id=shop["bob"].id).erased_at


def test_a_pruned_log_is_refused_and_its_archive_fills_the_gap(shop, tmp_path):
    archive = tmp_path / "archive"
    prune_everything("--archive", str(archive))
    assert not OutboxEvent.objects.exists()
    with pytest.raises(CommandError, match="was pruned"):
        rebuild()
    with pytest.raises(CommandError, match="belong together"):
        rebuild("--from", "archive")

    printed = rebuild("--from", "archive", "--archive", str(archive))

    assert "The rebuilt tables serve now" in printed
    assert answer(shop["ann"]) == {"Blue teapot": 1}


def test_what_undo_needs_is_kept_when_a_rebuild_cannot_be_done(shop, tmp_path):
    HistoryProduct.objects.filter(title="Lamp").update(title="Only in the old tables")
    rebuild("--accept")
    prune_everything()

    with pytest.raises(CommandError, match=r"was pruned\. Give --from archive"):
        rebuild()
    with pytest.raises(CommandError, match=f"positions 1 to .* is not in {tmp_path} either"):
        rebuild("--from", "archive", "--archive", str(tmp_path))
    (tmp_path / "orders-0-000000000000001-000000000999999.jsonl.gz").write_bytes(b"damaged")
    with spare_beside("order_history") as spare:
        assert spare.state() == PREVIOUS
    rebuild("--undo")

    assert HistoryProduct.objects.filter(title="Only in the old tables").exists()


def test_a_damaged_archive_is_found_before_the_tables_kept_for_undo_are_dropped(shop, tmp_path):
    rebuild()
    prune_everything("--archive", str(tmp_path))
    damaged = next(tmp_path.glob("users-*"))
    damaged.write_bytes(damaged.read_bytes()[:-4])

    with pytest.raises(CommandError, match=damaged.name):
        rebuild("--from", "archive", "--archive", str(tmp_path))

    with spare_beside("order_history") as spare:
        assert spare.state() == PREVIOUS


def test_what_was_pruned_after_a_rebuild_is_undone_with_its_archive(shop, tmp_path):
    rebuild()
    change_product(product_id=shop["teapot"].id, title="Red teapot")
    everything_arrives()
    prune_everything("--archive", str(tmp_path))

    with pytest.raises(CommandError, match="without one this cannot be undone any more"):
        rebuild("--undo")
    rebuild("--undo", "--from", "archive", "--archive", str(tmp_path))

    assert answer(shop["ann"]) == {"Red teapot": 1}


def test_a_worker_that_misses_events_says_so_to_whoever_rebuilds(shop, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("go\n"))
    with spare_beside("order_history") as spare:
        Rebuild(HISTORY, spare).create()
    prune_everything()

    with pytest.raises(CommandError, match="was pruned") as caught:
        filled_by_a_worker(parent=os.getppid())

    assert caught.value.returncode == NO_LOG


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("code", "says"),
    [
        (NO_LOG, "the log cannot fill the tables, see above. Give --from archive"),
        (1, "the same command goes on from there"),
    ],
)
def test_what_ended_a_worker_decides_what_is_to_be_done(shop, monkeypatch, code, says):
    def worker(*_):
        ending = f"import sys; sys.stdin.readline(); sys.exit({code})"
        return subprocess.Popen([sys.executable, "-c", ending], stdin=subprocess.PIPE)

    monkeypatch.setattr("event_bus.management.commands.rebuild.Command._worker", worker)

    with pytest.raises(CommandError, match=says):
        rebuild("--workers", "2")


def test_ctrl_c_while_everything_is_announced_says_how_the_rebuild_goes_on(shop, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("event_bus.outbox.management.commands.announce.announce", interrupted)

    with pytest.raises(CommandError, match="The same command goes on where this ended") as caught:
        rebuild("--from", "announce")

    assert caught.value.returncode == 130


def prune_everything(*options):
    Cursor.objects.all().delete()
    create_missing_cursors()
    Cursor.objects.update(acknowledged=10**6)
    call_command("prune_events", "--older-than", "0s", *options, stdout=io.StringIO())


def test_a_refused_rebuild_leaves_nothing_behind(shop):
    Partition.objects.filter(head__gt=0).update(pruned=1)

    with pytest.raises(CommandError, match="was pruned"):
        rebuild()

    with spare_beside("order_history") as spare:
        assert not spare.exists()


def test_an_archive_with_a_foreign_file_is_refused(shop, tmp_path):
    (tmp_path / "holiday-2026.jsonl.gz").touch()

    with pytest.raises(CommandError, match="holiday-2026"):
        rebuild("--from", "archive", "--archive", str(tmp_path))


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("rebuild_order_history", ["--workers", "0"], "--workers must be 1 or more"),
        ("reconcile", ["--timeout", "-3"], "--timeout must be more than 0"),
        ("announce", ["orders", "--since", "yesterday"], "'yesterday' is no time: write 2026-01-31"),
        ("announce", ["orders", "--since", "2026-02-30"], "'2026-02-30' is no time"),
        ("announce", ["orders", "--rate", "-1"], "--rate must be 0 or more"),
        ("prune_events", ["--older-than", "foo"], "'foo' is no age: write 90d"),
    ],
)
def test_a_wrong_option_is_told_how_it_is_written(db, command, options, says):
    with pytest.raises(CommandError, match=says):
        call_command(command, *options)


def test_a_dead_letter_that_the_rebuild_could_apply_waits_no_longer(shop, monkeypatch):
    handler = projections.projection._handler_of["products.product_changed.v1"]

    def broken(events):
        raise ZeroDivisionError

    monkeypatch.setitem(
        projections.projection._handler_of, "products.product_changed.v1", (handler[0], broken)
    )
    projections.projection._handlers.append(broken)
    change_product(product_id=shop["lamp"].id, title="Red lamp")
    everything_arrives()
    monkeypatch.undo()
    projections.projection._handlers.remove(broken)
    assert DeadLetter.objects.waiting().count() == 1

    rebuild("--accept")

    assert HistoryProduct.objects.filter(title="Red lamp").exists()
    assert not DeadLetter.objects.waiting().exists()
    rebuild("--undo")
    assert [letter.subject for letter in DeadLetter.objects.waiting()] == [str(shop["lamp"].id)]


def test_more_dead_letters_are_dealt_with_than_a_statement_has_room_for(shop):
    several = 70_000
    DeadLetter.objects.bulk_create(
        (
            DeadLetter(
                subscription="order_history",
                topic="products",
                partition=0,
                position=n,
                content={},
                first_failed_at=timezone.now(),
                last_failed_at=timezone.now(),
            )
            for n in range(1, several + 1)
        ),
        batch_size=2_000,
    )

    with transaction.atomic(using="order_history"):
        take_over([], subscription="order_history", at=timezone.now())

    assert DeadLetter.objects.exclude(resolved_at=None).count() == several


@pytest.mark.postgres
def test_a_dead_letter_that_is_retried_during_the_exchange_is_waited_for(shop, monkeypatch):
    calls = iter([OperationalError("canceling statement due to lock timeout")])

    def take_over_later(*letters, **named):
        for error in calls:
            raise error
        return take_over(*letters, **named)

    monkeypatch.setattr("event_bus.rebuilding.rebuild.take_over", take_over_later)

    assert "The rebuilt tables serve now" in rebuild()


def test_both_sets_are_compared_at_one_cut_while_writing_goes_on(shop):
    """The spare set knows an order that the serving one has not applied yet: no difference, the cut waits for it."""
    with spare_beside("order_history") as spare:
        spare.create()
        made = Rebuild(HISTORY, spare)
        sum(made.fill())
        made.derive()
        place_order(user_id=shop["ann"].id, lines=[LineToOrder(shop["lamp"].id, 1)], at=timezone.now())
        everything_arrives()
        unheard = place_order(
            user_id=shop["ann"].id, lines=[LineToOrder(shop["teapot"].id, 1)], at=timezone.now()
        )
        number_committed_events()

        differences = made.compare()

        assert unheard.version == 1
        assert all(one.same for one in differences), differences
        assert [one.served for one in differences if "orderline" in one.table] == [
            HistoryOrderLine.objects.count()
        ]


def test_checkpoints_after_a_rebuild_hold_what_the_tables_hold(shop):
    rebuild()

    applied = sum(row.applied_up_to for row in Checkpoint.objects.of("order_history"))
    assert applied == sum(Partition.objects.values_list("head", flat=True))


def test_a_person_who_is_being_erased_is_no_difference(shop, monkeypatch):
    """Gone from the log, and from the tables that serve as soon as the erasure is applied to them."""
    erase_user(user_id=shop["ann"].id, at=timezone.now())
    monkeypatch.setattr(Rebuild, "_wait_until_applied", lambda *_: everything_arrives())

    printed = rebuild()

    assert "serve now" in printed
    assert not OrderedProduct.objects.exists()


def test_a_difference_stays_one_however_much_is_on_its_way(shop, monkeypatch):
    HistoryProduct.objects.filter(product_id=shop["lamp"].id).delete()
    waited = []

    def more_comes(*_):
        everything_arrives()
        waited.append(create_product(title="One more", price="1"))

    monkeypatch.setattr(Rebuild, "_wait_until_applied", more_comes)
    create_product(title="On its way", price="1")

    with pytest.raises(CommandError, match="differ from those that serve"):
        rebuild()

    assert waited
