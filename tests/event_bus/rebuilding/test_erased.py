"""Who is erased while there are two sets of tables is erased from both."""

from itertools import groupby

import pytest
from django.utils import timezone

from event_bus.outbox.log import read_data
from event_bus.rebuilding.rebuild import Rebuild
from event_bus.rebuilding.spares import spare_beside
from order_history.models import OrderedProduct
from tests.event_bus.rebuilding.doing import HISTORY, answer, everything_arrives, rebuild
from users.operations import erase_user

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "order_history"])


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


def test_a_person_who_is_being_erased_is_no_difference(shop, monkeypatch):
    """Gone from the log, and from the tables that serve as soon as the erasure is applied to them."""
    erase_user(user_id=shop["ann"].id, at=timezone.now())
    monkeypatch.setattr(Rebuild, "_wait_until_applied", lambda *_: everything_arrives())

    printed = rebuild()

    assert "serve now" in printed
    assert not OrderedProduct.objects.exists()
