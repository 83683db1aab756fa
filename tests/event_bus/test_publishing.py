from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from pydantic import ValidationError

from event_bus.context import acting
from event_bus.outbox import publishing
from event_bus.outbox.models import OutboxEvent, Partition
from event_bus.outbox.partitions import UnknownPartition
from event_bus.outbox.payloads import compress
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
def test_no_events_cost_nothing(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(0):
        publish_all([])


@pytest.mark.django_db
def test_one_event_costs_one_insert_and_stands_there_as_each_of_many(django_assert_num_queries):
    events = [ThingHappened(product_id=uuid4(), version=version, note="Über “uns”") for version in (1, 2)]
    announce()
    with transaction.atomic(), acting("somebody", "request-1"):
        publish_all(events)
        with django_assert_num_queries(1):
            publish(events[0])

    one, other, again = OutboxEvent.objects.order_by("id").values()[1:]
    assert one["subject"] == events[0].product_id
    assert one["data"] == events[0].model_dump(mode="json")
    assert other["data"] == events[1].model_dump(mode="json")
    assert (one["actor"], one["correlation_id"], one["position"]) == ("somebody", "request-1", None)
    assert one.pop("id") < other.pop("id") < again.pop("id")
    assert one.pop("recorded_at") == other.pop("recorded_at") <= again.pop("recorded_at") <= timezone.now()
    assert one == again


@pytest.mark.django_db
def test_an_event_is_stored_byte_by_byte_as_the_model_would_store_it():
    event = ThingHappened(product_id=uuid4(), version=1, note="Über “uns”\x00\x7f\n\u2028/🫖")

    with transaction.atomic():
        publish(event)

    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM outbox_outboxevent")
        [[stored]] = cursor.fetchall()
    assert bytes(stored) == compress(event.model_dump(mode="json"))


@pytest.mark.django_db
def test_a_number_that_json_cannot_say_is_refused():
    class Measured(ThingHappened):
        weight: float

    with pytest.raises(ValidationError, match="finite"):
        Measured(product_id=uuid4(), version=1, weight=float("nan"))


@pytest.mark.django_db(transaction=True)
def test_an_event_that_the_database_refuses_takes_its_change_with_it(monkeypatch):
    monkeypatch.setattr(publishing, "partition_id_of", lambda *_: None)

    with pytest.raises(IntegrityError), transaction.atomic():
        Partition.objects.update(head=7)
        publish(ThingHappened(product_id=uuid4(), version=1))

    assert not Partition.objects.filter(head=7).exists()


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
