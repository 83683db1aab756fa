"""The timeline answers "where is it?" from what both sides wrote down."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction
from django.utils import timezone

from event_bus.context import acting
from event_bus.inbox.dead_letters import discard_dead_letters, retry_dead_letters, select_waiting
from event_bus.inbox.receiving import receive
from event_bus.messages import RedeliveryRequest, Run
from event_bus.outbox.models import Dispatch, OutboxEvent
from event_bus.outbox.numbering import number_committed_events
from event_bus.outbox.redelivery import redeliver
from event_bus.outbox.relay import relay, sweep
from event_bus.signs_of_life import signs_of
from event_bus.timeline import arrivals, log
from event_bus.timeline.asking import NotUnderstood
from event_bus.timeline.story import State
from event_bus.timeline.telling import tell
from products import operations as products
from tests.event_bus.dead_lettering import BrokenTitles
from users import operations as users

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])


@pytest.fixture
def ann(cursors):
    with acting("command import_shop", "the-import"):
        return users.sign_up(email="ann@example.com", password=None)


def create_product(title="Teapot"):
    return products.create_product(title=title, price="12.50")


def deliver(queued):
    """What the worker of the history does with all that waits in its queue."""
    messages = queued()
    for message in messages:
        receive(message, at=timezone.now())
    return messages


def arrive(queued):
    relay()
    return deliver(queued)


def told(of, after=0.0):
    return tell(str(of), at=timezone.now() + timedelta(seconds=after))


def names(story, way=0):
    return [step.name for step in [*story.steps, *story.ways[way].steps]]


def test_an_event_that_arrived_is_told_from_the_change_to_the_row(ann, queued):
    arrive(queued)

    timeline = told(ann.id)

    [story] = timeline.stories
    assert names(story) == ["announced", "stored", "numbered", "sent", "received", "applied"]
    assert {step.state for step in story.all_steps} == {State.DONE}
    assert story.steps[0].text == "by command import_shop, on request the-import"
    assert timeline.headline == "User signed up: it arrived, applied by order_history."
    [holding] = timeline.holdings
    assert (holding.version, holding.text) == (1, "the user, with 0 ordered products")
    assert timeline.notes == []


def test_it_is_found_by_event_and_by_place_too(ann, queued):
    arrive(queued)
    event = OutboxEvent.objects.get(subject=ann.id)

    by_event, by_place = told(event.pk), told(f"{event.partition}:{event.position}")

    assert by_event.stories == by_place.stories == told(ann.id).stories
    assert by_event.holdings == by_place.holdings == told(ann.id).holdings


def test_all_events_of_one_product_stand_in_order(cursors, queued):
    product = create_product()
    products.change_product(product_id=product.id, title="Samovar")
    arrive(queued)

    timeline = told(product.id)

    assert [story.version for story in timeline.stories] == [1, 2]
    assert "“Samovar”" in timeline.holdings[0].text


def test_what_the_relay_has_not_seen_waits_for_its_number(ann):
    timeline = told(ann.id, after=40)

    assert timeline.state == State.WAITING
    assert "he relay has not numbered it for 40 s" in timeline.why
    assert "beat does every 2 s: no beat has ever been seen" in timeline.why


def test_a_beat_that_stopped_is_named(ann):
    signs_of("outbox").note("beat", at=timezone.now())

    assert told(ann.id).why.endswith("beat does every 2 s: it is alive.")
    assert told(ann.id, after=40).why.endswith("beat does every 2 s: no beat has been seen for 40 s.")


def test_what_is_numbered_and_not_sent_waits_for_the_relay(ann):
    number_committed_events()

    assert told(ann.id).headline == "User signed up: it waits to be sent by order_history."


def test_a_full_queue_is_said_to_be_the_reason(ann, queued, bus):
    bus(QUEUE_DEPTH=1)
    relay()
    create_product()
    relay()

    product = OutboxEvent.objects.latest("id").subject
    assert "and that is enough: the outbox keeps this until there is room" in told(product).why


def test_a_message_that_no_worker_takes_waits_and_says_for_how_long(ann, queued):
    arrive(queued)
    product = create_product()
    relay()

    timeline = told(product.id, after=40)

    assert timeline.state == State.WAITING
    assert names(timeline.stories[0]) == ["announced", "stored", "numbered", "sent", "received"]
    assert "1 message waits in the queue order_history; none has been taken for 40 s" in timeline.why
    assert "no worker of order_history has ever been seen" in timeline.why


def test_a_lost_message_is_missed_asked_for_and_sent_again(ann, queued, bus):
    bus(GAP_PATIENCE=0.0)
    relay()
    queued()
    sweep()
    deliver(queued)

    assert "asked for again once, next with the next watermark" in told(ann.id, after=1).why

    event = OutboxEvent.objects.get(subject=ann.id)
    run = Run(topic="users", partition=event.partition.number, first=event.position, last=event.position)
    redeliver(RedeliveryRequest(subscription="order_history", missing=[run]))
    deliver(queued)

    timeline = told(ann.id)
    assert timeline.state == State.DONE
    assert [step.name for step in timeline.stories[0].ways[0].steps] == [
        "sent",
        "sent again",
        "received",
        "applied",
    ]


def test_a_duplicate_is_told_to_have_changed_nothing(ann, queued):
    [message] = arrive(queued)
    receive(message, at=timezone.now())

    steps = told(ann.id).stories[0].ways[0].steps

    assert [step.name for step in steps] == ["sent", "received", "received again", "applied"]
    assert "changed nothing" in steps[2].text


def test_an_event_older_than_what_was_there_is_told_so(cursors, queued):
    product = create_product()
    relay()
    [late] = queued()
    products.change_product(product_id=product.id, title="Samovar")
    arrive(queued)
    receive(late, at=timezone.now())

    older, newer = told(product.id).stories

    assert "version 2 had been applied before: it was older" in older.ways[0].steps[-1].text
    assert "older" not in newer.ways[0].steps[-1].text


def test_a_dead_letter_says_why_until_a_retry_applies_it(cursors, queued, monkeypatch):
    broken = BrokenTitles(monkeypatch)
    broken.titles.add("Teapot")
    product = create_product()
    arrive(queued)

    timeline = told(product.id)
    assert timeline.state == State.FAILED
    assert timeline.headline == "Product created: it was dead-lettered by order_history."
    assert timeline.why.startswith(
        "ValueError: cannot stand ['Teapot']; it waits for a fix, then: manage.py retry"
    )
    assert timeline.holdings == []

    retry_dead_letters(select_waiting(), at=timezone.now())
    assert "retried" in names(told(product.id).stories[0])

    broken.titles.clear()
    retry_dead_letters(select_waiting(), at=timezone.now())
    timeline = told(product.id)
    assert timeline.state == State.DONE
    assert timeline.why == "By a retry."


def test_a_discarded_dead_letter_says_who_gave_it_up_and_why(cursors, queued, monkeypatch):
    BrokenTitles(monkeypatch).titles.add("Teapot")
    product = create_product()
    arrive(queued)
    discard_dead_letters(select_waiting(), reason="a test", by="ann@example.com", at=timezone.now())

    assert "Given up by ann@example.com: a test." in told(product.id).why


def test_without_its_journal_an_event_is_still_known_to_be_applied(ann, queued):
    arrive(queued)
    Dispatch.objects.all().delete()
    arrivals.Delivery.objects.all().delete()

    timeline = told(ann.id)

    assert timeline.state == State.DONE
    assert "onger ago than the journal keeps (7 days)" in timeline.why


def test_what_was_pruned_from_the_log_is_said_to_be_gone(ann, queued):
    arrive(queued)
    event = OutboxEvent.objects.get(subject=ann.id)
    place = f"{event.partition}:{event.position}"
    event.delete()

    by_place, by_user = told(place), told(ann.id)

    assert "not in the log" in by_place.stories[0].steps[0].text
    assert by_place.stories[0].ways[0].steps[-1].name == "applied"
    assert by_user.headline == "None of its events can be found."
    assert "prune_events" in by_user.why
    assert by_user.holdings


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("nope/1:1", "no topic nope; there are products, users, orders"),
        ("orders/99:1", "orders has the partitions 0 to 7"),
    ],
)
def test_a_place_that_cannot_be_is_no_place(db, place, says):
    with pytest.raises(NotUnderstood, match=says):
        told(place)


def test_a_subscribers_database_that_is_away_is_said_not_guessed(ann, queued, monkeypatch):
    arrive(queued)
    monkeypatch.setattr(arrivals.Checkpoint.objects, "of", _away)

    timeline = told(ann.id)

    assert timeline.state == State.UNKNOWN
    assert names(timeline.stories[0])[-2:] == ["sent", "received"]
    assert "A database does not answer, so what order_history received is not known now." in timeline.notes


def test_the_log_that_is_away_leaves_what_the_history_holds(ann, queued, monkeypatch):
    arrive(queued)
    monkeypatch.setattr(log, "find_events", _away)

    timeline = told(ann.id)

    assert timeline.holdings
    assert timeline.why == "What it became is still there."
    assert told(uuid4()).why == "No row and no dead letter has this id."
    assert "A database does not answer, so the log of events is not known now." in timeline.notes


def test_a_broker_that_is_away_is_said(ann, queued, broker):
    relay()
    broker.kill()

    timeline = told(ann.id)

    assert "broker does not answer" in timeline.why


def _away(*_, **__):
    raise OperationalError("could not connect")


def test_only_the_newest_events_are_shown_and_the_rest_counted(cursors):
    product = create_product()
    with transaction.atomic():
        for number in range(22):
            products.change_product(product_id=product.id, title=f"Teapot {number}")

    timeline = told(product.id)

    assert [story.version for story in timeline.stories] == list(range(4, 24))
    assert timeline.notes == ["3 older events of it are not shown."]


@pytest.mark.parametrize("nonsense", ["", "teapot", "orders/3", "1" * 40, "orders/3:1; DROP"])
def test_nonsense_is_answered_with_what_would_be_understood(nonsense):
    with pytest.raises(NotUnderstood, match="the id of an order"):
        told(nonsense)


@pytest.mark.parametrize("unknown", [uuid4(), 10**17, "orders/3:128"])
def test_what_nobody_knows_is_said_to_be_unknown(unknown):
    assert told(unknown).state == State.UNKNOWN


def test_the_command_tells_it_in_lines_and_in_json(ann, queued, capsys):
    arrive(queued)

    call_command("trace_event", str(ann.id))
    lines = capsys.readouterr().out
    call_command("trace_event", str(ann.id), "--json")
    answer = json.loads(capsys.readouterr().out)

    assert lines.startswith("✓ User signed up: it arrived")
    assert answer["state"] == "done"
    assert [way["state"] for way in answer["stories"][0]["ways"]] == ["done"]
    with pytest.raises(CommandError, match="the id of an order"):
        call_command("trace_event", "teapot")


def test_a_timeline_takes_few_queries_however_many_events(cursors, queued, django_assert_max_num_queries):
    product = create_product()
    for number in range(5):
        products.change_product(product_id=product.id, title=f"Teapot {number}")
    arrive(queued)

    with (
        django_assert_max_num_queries(40, using="default"),
        django_assert_max_num_queries(120, using="order_history"),
    ):
        told(product.id)
