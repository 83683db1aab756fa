"""What outbox and inbox write down of each message."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from event_bus.inbox.journal import prune_deliveries
from event_bus.inbox.models import Delivery
from event_bus.inbox.receiving import receive
from event_bus.latencies import add_up, histogram_of, percentile
from event_bus.messages import RedeliveryRequest, Run
from event_bus.outbox.journal import prune_dispatches
from event_bus.outbox.models import Dispatch, Partition
from event_bus.outbox.redelivery import redeliver
from event_bus.outbox.relay import relay, sweep
from order_history.incoming_events import ProductCreated
from tests.delivering import NOW, Wire, envelope
from tests.event_bus.announcing import announce

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])


def test_what_is_sent_is_written_down_a_row_per_batch(cursors, queued):
    announce(20, key=uuid4())
    announce(1)
    relay()

    [message] = queued()
    rows = Dispatch.objects.filter(message=message.id)
    assert {(row.topic, row.partition, row.first, row.last) for row in rows} == {
        (batch.topic, batch.partition, batch.first, batch.last) for batch in message.batches
    }
    assert {(row.subscription, row.sent_at, row.again) for row in rows} == {
        ("order_history", message.sent_at, False)
    }


def test_what_is_sent_again_says_so(cursors, queued):
    announce(5, key=uuid4())
    relay()
    partition = Partition.objects.get(head=5)
    missing = Run(topic="products", partition=partition.number, first=2, last=3)
    redeliver(RedeliveryRequest(subscription="order_history", missing=[missing]))

    attempts = Dispatch.objects.of_position("products", partition.number, 3).order_by("id")

    assert [(row.first, row.last, row.again) for row in attempts] == [(1, 5, False), (2, 3, True)]
    assert not Dispatch.objects.of_position("products", partition.number, 6).exists()


def test_a_watermark_alone_leaves_no_row(cursors, queued):
    sweep()

    [message] = queued()
    assert message.watermarks
    assert not Dispatch.objects.exists()
    receive(message, at=timezone.now())
    assert not Delivery.objects.exists()


def test_what_is_received_is_written_down_with_what_became_of_it():
    wire, id = Wire(), uuid4()
    product = ProductCreated(product_id=id, title="Teapot", version=1)
    wire.deliver(product)
    [batch] = [wire.batch("products", [product, product])]
    batch["first"] = 1
    batch["events"] = [envelope(product, 1), envelope(product, 2), {"position": 3}]

    message = uuid4()
    wire.send(id=str(message), sent_at=NOW, batches=[batch], at=NOW + timedelta(seconds=2))

    row = Delivery.objects.get(message=message)
    assert (row.topic, row.partition, row.first, row.last) == ("products", 0, 1, 3)
    assert (row.applied, row.already_there, row.dead_lettered) == (1, 1, 1)
    assert (row.sent_at, row.received_at) == (NOW, NOW + timedelta(seconds=2))
    assert row.applied_at > row.received_at


def test_the_time_from_commit_to_applied_is_kept_in_a_histogram():
    wire = Wire()
    products = [ProductCreated(product_id=uuid4(), title="Teapot", version=1) for _ in range(500)]

    wire.send(batches=[wire.batch("products", products)], at=NOW + timedelta(seconds=40))

    row = Delivery.objects.get()
    assert sum(row.latencies.values()) == 500
    assert len(row.latencies) == 1
    assert 40 <= percentile(row.latencies, 50) < 40 * 1.2 + 10


def test_a_message_that_fails_leaves_no_row(monkeypatch):
    monkeypatch.setattr("event_bus.inbox.receiving._hear_watermarks", _fail)

    with pytest.raises(RuntimeError):
        Wire().deliver(ProductCreated(product_id=uuid4(), title="Teapot", version=1))

    assert not Delivery.objects.exists()


def test_messages_of_older_releases_are_written_down_without_what_they_lack():
    Wire().deliver(ProductCreated(product_id=uuid4(), title="Teapot", version=1))

    row = Delivery.objects.get()
    assert (row.message, row.sent_at) == (None, None)


def test_the_journal_is_pruned_after_some_days(cursors, queued, bus):
    bus(JOURNAL_DAYS=3)
    announce(3)
    relay()
    for message in queued():
        receive(message, at=timezone.now())
    now = timezone.now()

    assert prune_dispatches(at=now + timedelta(days=2)) == prune_deliveries(at=now + timedelta(days=2)) == 0
    assert prune_dispatches(at=now + timedelta(days=4)) > 0
    assert prune_deliveries(at=now + timedelta(days=4)) > 0
    assert not Dispatch.objects.exists()
    assert not Delivery.objects.exists()


def test_a_percentile_is_at_most_a_fifth_too_high():
    histogram = add_up([histogram_of([0.1] * 98), histogram_of([0.0, 3.0])])

    assert 0.1 <= percentile(histogram, 50) <= 0.12
    assert percentile(histogram, 1) == 0.001
    assert 3 <= percentile(histogram, 100) <= 3.6
    assert percentile({}, 50) is None


def _fail(*_):
    raise RuntimeError
