"""A rebuild, and its undoing, when events have left the log: from archives, or announced anew."""

import io
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError

from event_bus.management.commands.fill_spare_tables import NO_LOG
from event_bus.outbox.log import read_batches, read_data
from event_bus.outbox.models import OutboxEvent, Partition
from event_bus.rebuilding.rebuild import Rebuild
from event_bus.rebuilding.spares import PREVIOUS, spare_beside
from order_history.models import HistoryProduct, HistoryUser
from products.operations import change_product
from tests.event_bus.dead_lettering import BrokenTitles
from tests.event_bus.rebuilding.doing import (
    HISTORY,
    answer,
    everything_arrives,
    filled_by_a_worker,
    prune_everything,
    rebuild,
)

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "order_history"])


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
