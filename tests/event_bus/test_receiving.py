import contextlib
from datetime import timedelta
from itertools import pairwise

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError

from event_bus.inbox import tasks
from event_bus.inbox.dead_letters import DiscardWithoutReason, discard_dead_letters, retry_dead_letters
from event_bus.inbox.freshness import complete_as_of
from event_bus.inbox.models import Checkpoint, DeadLetter
from event_bus.messages import REDELIVER, Run
from order_history import projections
from order_history.models import HistoryProduct
from tests.delivering import NOW, Wire, envelope
from tests.order_history.facts import id_of, product

pytestmark = pytest.mark.django_db(databases=["order_history"])


@pytest.fixture
def wire():
    return Wire()


def products(count):
    return [product(id=id_of(f"product {n}"), title=f"Title {n}") for n in range(count)]


def batch(first, *events, last=None):
    return {
        "topic": "products",
        "partition": 0,
        "first": first,
        "last": last or first + len(events) - 1,
        "events": [envelope(event, first + index) for index, event in enumerate(events)],
    }


def mark(sent, *, head=None, as_of=NOW):
    return {"topic": "products", "partition": 0, "head": head or sent, "sent": sent, "as_of": as_of}


class Broken:
    """A handler with a bug for some titles, until it is mended."""

    def __init__(self, monkeypatch, *titles, error=ValueError):
        self.titles, self.error = set(titles), error
        handlers = projections.projection._handler_of
        self.handlers = projections.projection._handlers
        original = handlers["products.product_created.v1"][1]

        def handler(events):
            if bad := self.titles & {event.title for event in events}:
                raise self.error(f"cannot stand {sorted(bad)}")
            original(events)

        for name, (event_class, its) in list(handlers.items()):
            if its is original:
                monkeypatch.setitem(handlers, name, (event_class, handler))
        monkeypatch.setattr(projections.projection, "_handlers", [handler, *self.handlers])

    def mend(self):
        self.titles.clear()


def test_a_message_that_comes_twice_is_applied_once(wire, monkeypatch):
    wire.send(batches=[batch(1, product())])
    HistoryProduct.objects.update(title="Tampered")

    wire.send(batches=[batch(1, product())])

    assert HistoryProduct.objects.get().title == "Tampered"
    assert Checkpoint.objects.get().applied == [[1, 1]]


def test_only_the_new_part_of_a_message_is_applied(wire):
    first, second = products(2)
    wire.send(batches=[batch(1, first)])

    wire.send(batches=[batch(1, first, second)])

    assert HistoryProduct.objects.count() == 2
    assert Checkpoint.objects.get().applied == [[1, 2]]


def test_one_bad_event_stops_nobody(wire, monkeypatch):
    Broken(monkeypatch, "Title 3", "Title 7")

    wire.send(batches=[batch(1, *products(10))])

    assert HistoryProduct.objects.count() == 8
    assert Checkpoint.objects.get().applied == [[1, 10]]
    letters = DeadLetter.objects.order_by("position")
    assert [letter.position for letter in letters] == [4, 8]
    assert letters[0].error_type == "ValueError"
    assert "cannot stand ['Title 3']" in letters[0].error
    assert "Traceback" in letters[0].traceback
    assert letters[0].content["data"]["title"] == "Title 3"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda event: event.update(type="products.product_exploded.v9"),
        lambda event: event["data"].pop("version"),
        lambda event: event["data"].update(title="x" * 201),
        lambda event: event["data"].update(version=2**31),
        lambda event: event.update(time="0001-01-01T00:00:00+14:00"),
        lambda event: event.pop("subject"),
        lambda event: event.clear(),
    ],
    ids=[
        "unknown type",
        "field missing",
        "title too long",
        "version too large",
        "time out of range",
        "no subject",
        "empty",
    ],
)
def test_a_malformed_event_is_put_aside_and_the_rest_applied(wire, spoil):
    content = batch(1, *products(3))
    spoil(content["events"][1])

    wire.send(batches=[content])

    assert HistoryProduct.objects.count() == 2
    assert DeadLetter.objects.waiting().count() == 1
    assert Checkpoint.objects.get().applied == [[1, 3]]


def test_a_passing_error_applies_nothing_and_makes_no_dead_letter(wire, monkeypatch):
    broken = Broken(monkeypatch, "Title 1", error=OperationalError)

    with pytest.raises(OperationalError):
        wire.send(batches=[batch(1, *products(3))])

    assert not HistoryProduct.objects.exists()
    assert not DeadLetter.objects.exists()
    assert not Checkpoint.objects.exists()

    broken.mend()
    wire.send(batches=[batch(1, *products(3))])

    assert HistoryProduct.objects.count() == 3


def test_a_passing_error_is_tried_again_with_backoff(monkeypatch):
    broken = Broken(monkeypatch, "Title 0", error=OperationalError)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            broken.mend()

    monkeypatch.setattr(tasks.time, "sleep", sleep)

    tasks.receive({"subscription": "order_history", "batches": [batch(1, *products(1))]})

    assert pauses == sorted(pauses)
    assert HistoryProduct.objects.count() == 1


def test_a_retry_after_the_fix_clears_the_dead_letters(wire, monkeypatch):
    broken = Broken(monkeypatch, "Title 0", "Title 1")
    wire.send(batches=[batch(1, *products(3))])
    ids = list(DeadLetter.objects.values_list("id", flat=True))

    assert retry_dead_letters(ids, at=NOW + timedelta(hours=1)).failed_again == 2
    assert {letter.attempts for letter in DeadLetter.objects.all()} == {2}

    broken.mend()

    assert retry_dead_letters(ids, at=NOW).applied == 2
    assert not DeadLetter.objects.waiting().exists()
    assert HistoryProduct.objects.count() == 3
    assert retry_dead_letters(ids, at=NOW).applied == 0


def test_a_retry_of_an_old_event_does_not_overwrite_newer_state(wire, monkeypatch):
    broken = Broken(monkeypatch, "Old")
    wire.send(batches=[batch(1, product(title="Old", version=1), product(title="New", version=2))])
    broken.mend()

    retry_dead_letters(DeadLetter.objects.values_list("id", flat=True), at=NOW)

    assert HistoryProduct.objects.get().title == "New"


def test_a_dead_letter_is_only_given_up_with_a_reason(wire, monkeypatch):
    Broken(monkeypatch, "Title 0")
    wire.send(batches=[batch(1, *products(1))])
    ids = [DeadLetter.objects.get().id]

    with pytest.raises(DiscardWithoutReason):
        discard_dead_letters(ids, reason=" ", by="ann", at=NOW)
    assert discard_dead_letters(ids, reason="a test product", by="ann", at=NOW) == 1

    letter = DeadLetter.objects.get()
    assert (letter.discarded_by, letter.discard_reason) == ("ann", "a test product")
    assert retry_dead_letters(ids, at=NOW).applied == 0


@pytest.mark.parametrize(
    "content",
    [
        42,
        None,
        [],
        {},
        {"subscription": "nobody"},
        {"subscription": "order_history", "batches": 7},
        {
            "subscription": "order_history",
            "batches": [{"topic": "products", "partition": 0, "first": 20, "last": 15, "events": []}],
        },
        {
            "subscription": "order_history",
            "watermarks": [{"topic": "orders", "partition": 0, "head": 2**64, "sent": 0, "as_of": None}],
        },
        {
            "subscription": "order_history",
            "batches": [{"topic": "x" * 51, "partition": 0, "first": 1, "last": 1, "events": []}],
        },
    ],
)
def test_a_message_that_is_not_ours_becomes_a_dead_letter(content):
    tasks.receive(content)

    letter = DeadLetter.objects.get()
    assert letter.content == content
    assert letter.error


def test_a_call_with_other_arguments_becomes_a_dead_letter():
    tasks.receive("rm", "-rf", force=True)

    assert DeadLetter.objects.get().content == {"args": ["rm", "-rf"], "kwargs": {"force": True}}


def test_what_a_watermark_knows_and_the_subscription_does_not_is_asked_for(wire):
    wire.send(batches=[batch(1, *products(2))])
    wire.send(watermarks=[mark(5)])

    assert wire.send(watermarks=[mark(5)], at=NOW + timedelta(seconds=1)) == []
    [run] = wire.send(watermarks=[mark(5)], at=NOW + timedelta(seconds=4))

    assert (run.topic, run.partition, run.first, run.last) == ("products", 0, 3, 5)


def test_a_gap_in_the_middle_is_asked_for_exactly(wire):
    wire.send(batches=[batch(1, product()), batch(4, product(version=4))])
    wire.send(watermarks=[mark(4)])

    [run] = wire.send(watermarks=[mark(4)], at=NOW + timedelta(seconds=4))

    assert (run.first, run.last) == (2, 3)


def test_what_was_not_sent_yet_is_no_gap(wire):
    wire.send(watermarks=[mark(0, head=500)])

    assert wire.send(watermarks=[mark(0, head=500)], at=NOW + timedelta(hours=1)) == []


def test_a_gap_is_asked_for_again_with_growing_patience(wire):
    asked = [
        second for second in range(200) if wire.send(watermarks=[mark(5)], at=NOW + timedelta(seconds=second))
    ]

    assert asked[:4] == [3, 9, 21, 36]
    assert all(later - earlier == 15 for earlier, later in pairwise(asked[2:]))


def test_an_event_that_ends_whoever_applies_it_stops_nobody_else(wire, monkeypatch):
    """A handler that runs out of time leaves no chance to put its event aside."""
    Broken(monkeypatch, "Title 123", error=SoftTimeLimitExceeded)

    answer_whatever_is_asked_for(wire, products(200), seconds=200)

    assert HistoryProduct.objects.count() == 199
    checkpoint = Checkpoint.objects.get()
    assert checkpoint.applied == [[1, 123], [125, 200]]
    assert checkpoint.gap_position == 124  # and so it stays, to be seen


def test_several_such_events_stop_nobody_else_either(wire, monkeypatch):
    Broken(monkeypatch, "Title 3", "Title 303", error=SoftTimeLimitExceeded)

    answer_whatever_is_asked_for(wire, products(400), seconds=400)

    assert Checkpoint.objects.get().applied == [[1, 3], [5, 303], [305, 400]]


def answer_whatever_is_asked_for(wire, log, *, seconds):
    """At first all of it in one message."""
    asked = [Run(topic="products", partition=0, first=1, last=len(log))]
    for second in range(seconds):
        for run in asked:
            with contextlib.suppress(SoftTimeLimitExceeded):
                wire.send(batches=[batch(run.first, *log[run.first - 1 : run.last])])
        asked = wire.send(watermarks=[mark(len(log))], at=NOW + timedelta(seconds=second))


def test_a_clock_that_is_set_back_keeps_no_gap_waiting(wire):
    later = NOW + timedelta(hours=1)
    wire.send(watermarks=[mark(5)], at=later)
    assert wire.send(watermarks=[mark(5)], at=later + timedelta(seconds=3))

    asked = [
        second for second in range(60) if wire.send(watermarks=[mark(5)], at=NOW + timedelta(seconds=second))
    ]

    assert asked[0] == 6


def test_a_gap_that_is_filled_is_forgotten(wire):
    wire.send(watermarks=[mark(1)])

    wire.send(batches=[batch(1, product())], watermarks=[mark(1)])

    assert Checkpoint.objects.get().gap_noticed_at is None


def test_the_request_goes_to_the_relay(queued, monkeypatch):
    monkeypatch.setattr(tasks, "receive_message", lambda message, at: [run])
    run = Checkpoint(topic="products", partition=0).ask_for_gaps(sent=9, at=NOW, patience=timedelta(0))[0]

    tasks.receive({"subscription": "order_history"})

    [(task, args)] = queued("outbox")
    assert task == REDELIVER
    assert args[0]["missing"] == [{"topic": "products", "partition": 0, "first": 1, "last": 9}]


def test_completeness_is_only_claimed_without_gaps(wire):
    later = NOW + timedelta(minutes=1)
    wire.send(batches=[batch(1, product())], watermarks=[mark(1)])
    wire.send(batches=[batch(3, product(version=3))], watermarks=[mark(3, as_of=later)], at=later)

    assert Checkpoint.objects.get().complete_as_of == NOW

    wire.send(batches=[batch(2, product(version=2))])

    assert Checkpoint.objects.get().complete_as_of == later


def test_a_clock_that_is_ahead_promises_nothing_from_the_future(wire):
    wire.send(watermarks=[mark(0, as_of=NOW + timedelta(hours=1))], at=NOW)

    assert Checkpoint.objects.get().complete_as_of == NOW


def test_a_clock_that_is_set_back_takes_its_promise_back(wire):
    later = NOW + timedelta(hours=1)
    wire.send(watermarks=[mark(0, as_of=later)], at=later)

    wire.send(watermarks=[mark(0, as_of=NOW)], at=NOW)

    assert Checkpoint.objects.get().complete_as_of == NOW


@pytest.mark.parametrize("beyond", [NOW - timedelta(minutes=5), None])
def test_partitions_that_the_settings_do_not_know_count_for_completeness(beyond, settings):
    """The shop has raised their number, the history was not told."""
    settings.EVENT_BUS = {**settings.EVENT_BUS, "PARTITIONS": 2}
    for topic in ("products", "users", "orders"):
        for partition in range(2):
            Checkpoint.objects.create(
                subscription="order_history", topic=topic, partition=partition, complete_as_of=NOW
            )
    assert complete_as_of("order_history") == NOW

    Checkpoint.objects.create(
        subscription="order_history", topic="orders", partition=2, complete_as_of=beyond
    )

    assert complete_as_of("order_history") == beyond


def test_applied_positions_cost_one_row_a_partition_however_many(wire):
    for position in range(1, 50):
        wire.send(batches=[batch(position, product(version=position))])

    assert Checkpoint.objects.get().applied == [[1, 49]]
