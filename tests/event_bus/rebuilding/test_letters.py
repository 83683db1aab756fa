"""Dead letters, when tables change places."""

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from event_bus.inbox.dead_letters import discard_dead_letters
from event_bus.inbox.models import DeadLetter
from event_bus.rebuilding.letters import take_over
from order_history import projections
from order_history.models import HistoryProduct
from products.operations import change_product
from tests.event_bus.dead_lettering import BrokenTitles
from tests.event_bus.rebuilding.doing import everything_arrives, rebuild

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "order_history"])


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
