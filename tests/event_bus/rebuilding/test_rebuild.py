"""A rebuild: the tables made anew beside those that serve, compared, and exchanged in one transaction."""

import io
import os

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from event_bus.inbox.models import Checkpoint
from event_bus.outbox.models import Partition
from event_bus.outbox.numbering import number_committed_events
from event_bus.outbox.sources import source_of
from event_bus.rebuilding import filling
from event_bus.rebuilding.rebuild import Rebuild
from event_bus.rebuilding.spares import spare_beside
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser, OrderedProduct
from orders.models import OrderLine
from orders.operations import LineToOrder, place_order
from products.operations import create_product
from tests.event_bus.rebuilding.doing import HISTORY, answer, everything_arrives, filled_by_a_worker, rebuild

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "order_history"])


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


def test_a_worker_ends_if_there_will_be_nothing_to_fill(shop, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    assert filled_by_a_worker(parent=os.getppid()) == 0


def test_a_worker_ends_when_whoever_rebuilds_is_gone(shop, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("go\n"))

    with pytest.raises(CommandError, match="whoever rebuilds is gone"):
        filled_by_a_worker(parent=-1)


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
