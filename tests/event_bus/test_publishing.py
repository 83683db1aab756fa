from uuid import uuid4

import pytest
from django.db import transaction

from event_bus.context import acting
from event_bus.outbox.models import OutboxEvent
from event_bus.outbox.partitions import UnknownPartition
from event_bus.outbox.publishing import NotInTransaction, publish, publish_all
from tests.event_bus.announcing import ThingHappened, announce


@pytest.mark.django_db(transaction=True)
def test_an_event_commits_with_its_change_or_not_at_all():
    with pytest.raises(RuntimeError, match="changed my mind"), transaction.atomic():
        publish(ThingHappened(product_id=uuid4(), version=1))
        raise RuntimeError("changed my mind")

    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_publishing_outside_of_a_transaction_is_refused():
    with pytest.raises(NotInTransaction, match=r"transaction\.atomic"):
        publish(ThingHappened(product_id=uuid4(), version=1))

    assert not OutboxEvent.objects.exists()


@pytest.mark.django_db
def test_many_events_cost_one_insert(django_assert_num_queries):
    announce()  # partition ids are remembered from here on

    with transaction.atomic(), django_assert_num_queries(1):
        publish_all(ThingHappened(product_id=uuid4(), version=1) for _ in range(50))


@pytest.mark.django_db
def test_one_event_costs_one_insert_and_stands_there_as_many_would(django_assert_num_queries):
    event = ThingHappened(product_id=uuid4(), version=1)
    with transaction.atomic(), acting("somebody", "request-1"):
        publish_all([event])
        with django_assert_num_queries(1):
            stored = publish(event)

    one, other = OutboxEvent.objects.order_by("id").values()
    assert one.pop("id") < other.pop("id") == stored.id
    assert one.pop("recorded_at") <= other.pop("recorded_at")
    assert one == other
    assert (one["actor"], one["correlation_id"], one["position"]) == ("somebody", "request-1", None)


@pytest.mark.django_db
def test_events_of_one_key_go_to_one_partition():
    key = uuid4()

    stored = announce(20, key=key)

    assert len({event.partition_id for event in stored}) == 1


@pytest.mark.django_db
def test_events_of_many_keys_spread_over_the_partitions():
    stored = announce(200)

    assert len({event.partition_id for event in stored}) == 8


@pytest.mark.django_db
def test_a_topic_that_nobody_set_up_is_refused():
    class Unheard(ThingHappened):
        type = "unheard.thing_happened.v1"

    with pytest.raises(UnknownPartition, match=r"manage\.py migrate"), transaction.atomic():
        publish(Unheard(product_id=uuid4(), version=1))
