import threading

import pytest
from django.db import connections

from event_bus.messages import RedeliveryRequest, Run
from event_bus.outbox import relay as relaying
from event_bus.outbox import sending
from event_bus.outbox.models import Cursor, OutboxEvent, Partition
from event_bus.outbox.numbering import number_committed_events
from event_bus.outbox.redelivery import redeliver
from event_bus.outbox.relay import create_missing_cursors, relay, sweep
from event_bus.outbox.tasks import redeliver as redeliver_task
from event_bus.queues import broker_connection
from tests.event_bus.announcing import announce

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cursors")]


def events_in(messages):
    return [event for message in messages for batch in message.batches for event in batch.events]


def ids_in(messages):
    return sorted(int(event["id"]) for event in events_in(messages))


def test_what_was_announced_is_sent_once_in_one_message(queued):
    stored = announce(30)

    relay()
    relay()

    messages = queued()
    assert len(messages) == 1
    assert ids_in(messages) == sorted(event.pk for event in stored)


def test_each_batch_covers_its_positions_in_order(queued):
    announce(30)

    relay()

    for batch in queued()[0].batches:
        assert [event["position"] for event in batch.events] == [*range(batch.first, batch.last + 1)]


def test_a_batch_holds_so_many_events_and_no_more(queued, bus):
    bus(BATCH_EVENTS=10)
    announce(25)

    relay()

    messages = queued()
    assert all(len(events_in([message])) <= 10 for message in messages)
    assert len(ids_in(messages)) == 25


def test_of_a_backlog_the_first_is_sent_before_the_last_is_numbered(monkeypatch):
    announce(100)
    monkeypatch.setattr(relaying, "FIRST_AT_ONCE", 10)
    monkeypatch.setattr(relaying, "AT_ONCE", 40)
    numbered = []

    def send_pending(*_, **__):
        numbered.append(OutboxEvent.objects.filter(position__isnull=False).count())

    monkeypatch.setattr(relaying, "send_pending", send_pending)

    relay()

    assert numbered == [10, 30, 70, 100]


def test_a_batch_holds_so_many_bytes_but_always_one_event(queued, bus):
    bus(BATCH_BYTES=1_000)
    announce(6, note="x" * 400)
    announce(1, note="x" * 5_000)

    relay()

    messages = queued()
    assert len(ids_in(messages)) == 7
    assert max(len(events_in([message])) for message in messages) == 2


def test_a_crash_between_sending_and_moving_the_cursor_sends_again(queued, monkeypatch):
    announce(3)
    with monkeypatch.context() as crash:
        crash.setattr(sending, "_move", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            relay()

    relay()

    first, second = queued()
    assert ids_in([first]) == ids_in([second])


def test_a_full_queue_is_sent_nothing_more_until_it_has_room(queued, bus):
    bus(BATCH_EVENTS=10, QUEUE_DEPTH=2)
    announce(50)

    relay()
    sweep()

    waiting = queued()
    assert len(waiting) == 2

    while more := (relay(), queued())[1]:
        waiting += more
    assert len(ids_in(waiting)) == 50


def test_a_subscriber_that_is_away_delays_no_other(queued, bus, settings):
    other = {"TOPICS": ["products"], "PROJECTION": "nowhere.projection"}
    bus(
        QUEUE_DEPTH=1,
        BATCH_EVENTS=10,
        SUBSCRIPTIONS={"unused": other, **settings.EVENT_BUS["SUBSCRIPTIONS"]},
    )
    create_missing_cursors()
    received = []

    for _ in range(5):
        announce(10)
        relay()
        received += queued()

    assert len(ids_in(received)) == 50
    assert len(queued("unused")) == 1


def test_a_short_partition_is_not_kept_waiting_by_a_long_one(queued, bus):
    bus(BATCH_EVENTS=20, QUEUE_DEPTH=1)
    [first, *_] = announce(300, key=announce()[0].subject)
    while (short := announce(1)[0]).partition_id == first.partition_id:
        pass

    relay()

    assert short.pk in ids_in(queued())


def test_watermarks_tell_how_far_each_partition_is_even_when_nothing_happens(queued):
    announce(5)
    relay()
    queued()

    sweep()

    [message] = queued()
    marks = [mark for mark in message.watermarks if mark.topic == "products"]
    assert len(marks) == 8
    assert sum(mark.head for mark in marks) == sum(mark.sent for mark in marks) == 5
    assert all(mark.as_of for mark in marks)


def test_a_position_whose_event_was_removed_counts_as_sent(queued):
    announce(10, key=announce()[0].subject)
    relay()
    queued()
    last = OutboxEvent.objects.latest("position")
    OutboxEvent.objects.filter(position__gte=last.position - 1).delete()

    redeliver(request(last, 1, last.position))

    [message] = queued()
    assert (message.batches[0].first, message.batches[0].last) == (1, last.position)
    assert len(message.batches[0].events) == last.position - 2


def test_exactly_what_is_missing_is_sent_again(queued):
    announce(20, key=announce()[0].subject)
    relay()
    queued()

    redeliver(request(OutboxEvent.objects.latest("position"), 5, 7))

    assert [event["position"] for event in events_in(queued())] == [5, 6, 7]


def test_positions_that_were_never_given_out_are_not_promised(queued):
    announce()
    relay()
    queued()

    redeliver(request(OutboxEvent.objects.get(), 1, 50))

    [message] = queued()
    assert message.batches[0].last == 1


def test_a_new_subscription_starts_at_the_beginning(queued):
    announce(5)
    relay()
    queued()
    Cursor.objects.all().delete()

    sweep()

    assert len(ids_in(queued())) == 5


def test_a_queue_that_cannot_be_written_to_delays_no_other(queued, bus, settings):
    other = {"TOPICS": ["products"], "PROJECTION": "nowhere.projection"}
    bus(SUBSCRIPTIONS={"unused": other, **settings.EVENT_BUS["SUBSCRIPTIONS"]})
    create_missing_cursors()
    with broker_connection() as connection:
        client = connection.default_channel.client
        client.set("unused", "nonsense")
        announce(5)

        relay()

        client.delete("unused")
    assert len(ids_in(queued())) == 5


def test_what_is_malformed_is_left_alone_by_redelivery(queued):
    redeliver_task("nonsense", 7)
    redeliver_task({"subscription": "nobody", "missing": []})

    assert queued() == []


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_give_each_position_once_and_leave_nothing_out(queued):
    def work():
        try:
            for _ in range(5):
                announce(10)
                relay()
        finally:
            connections.close_all()

    create_missing_cursors()
    relays = [threading.Thread(target=work) for _ in range(2)]
    for each in relays:
        each.start()
    for each in relays:
        each.join()
    relay()

    covered = {}
    for message in queued():
        for batch in message.batches:
            positions = [event["position"] for event in batch.events]
            assert positions == [*range(batch.first, batch.last + 1)]
            covered.setdefault(batch.partition, set()).update(positions)
    heads = Partition.objects.filter(topic="products").exclude(head=0)
    assert {number: len(positions) for number, positions in covered.items()} == {
        row.number: row.head for row in heads
    }
    assert sum(row.head for row in heads) == OutboxEvent.objects.count() == 100


def request(event, first, last):
    run = Run(topic=event.partition.topic, partition=event.partition.number, first=first, last=last)
    return RedeliveryRequest(subscription="order_history", missing=[run])


def test_an_event_that_cannot_be_read_keeps_only_its_own_partition_waiting(queued, caplog):
    announce(60)
    number_committed_events()
    broken = OutboxEvent.objects.filter(partition__head__gte=4, position=3).first()
    with connections[OutboxEvent.objects.db].cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_outboxevent SET data = %s WHERE id = %s", [b"\x07from a newer release", broken.pk]
        )
    after = OutboxEvent.objects.filter(partition=broken.partition, position__gte=3)
    waiting = {*after.values_list("id", flat=True)}

    sweep()

    messages = queued()
    assert {*ids_in(messages)} == {*OutboxEvent.objects.values_list("id", flat=True)} - waiting
    place = (broken.partition.topic, broken.partition.number)
    [told] = [mark for mark in messages[-1].watermarks if (mark.topic, mark.partition) == place]
    assert (told.sent, told.head) == (2, broken.partition.head)
    assert f"{place[0]}/{place[1]}:3 cannot be read" in caplog.text


def test_what_cannot_be_read_is_not_sent_again_and_hinders_no_other_run(queued, caplog):
    partition, other = two_partitions_with_events()
    with connections[OutboxEvent.objects.db].cursor() as cursor:
        cursor.execute(
            "UPDATE outbox_outboxevent SET data = %s WHERE partition_id = %s AND position = 1",
            [b"\x07", partition.pk],
        )
    runs = [Run(topic=each.topic, partition=each.number, first=1, last=1) for each in (partition, other)]

    redeliver(RedeliveryRequest(subscription="order_history", missing=runs))

    [message] = queued()
    assert [(batch.topic, batch.partition) for batch in message.batches] == [(other.topic, other.number)]
    assert "cannot be read" in caplog.text


def test_a_topic_that_nobody_listens_to_any_more_is_not_sent(queued, bus, settings):
    subscriptions = settings.EVENT_BUS["SUBSCRIPTIONS"]
    without = {**subscriptions["order_history"], "TOPICS": ["users", "orders"]}
    bus(SUBSCRIPTIONS={**subscriptions, "order_history": without})
    announce(5)

    sweep()

    messages = queued()
    assert ids_in(messages) == []
    assert {mark.topic for message in messages for mark in message.watermarks} == {
        "users",
        "orders",
        "canary",
    }


def two_partitions_with_events():
    announce(60)
    relay()
    first, second = Partition.objects.filter(topic="products", head__gt=0)[:2]
    with broker_connection() as connection:
        connection.default_channel.queue_purge("order_history")
    return first, second
