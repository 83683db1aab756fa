import json
from datetime import timedelta

import pytest
from django.db import OperationalError

from event_bus.inbox import tasks
from event_bus.inbox.dead_letter_groups import group_by_error
from event_bus.inbox.dead_letters import (
    AT_ONCE,
    NotWaiting,
    discard_dead_letters,
    put_aside,
    retry_dead_letters,
    select_waiting,
)
from event_bus.inbox.models import Checkpoint, DeadLetter
from order_history.models import HistoryProduct
from tests.delivering import NOW, Wire
from tests.event_bus.dead_lettering import BrokenTitles
from tests.order_history.facts import id_of, product

pytestmark = pytest.mark.django_db(databases=["order_history"])

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
def given(wire):
    return wire.deliver


@pytest.fixture
def broken(monkeypatch):
    return BrokenTitles(monkeypatch)


def products(*titles):
    return [product(id=id_of(title), title=title) for title in titles]


def test_a_retry_applies_what_was_mended_and_keeps_what_was_not(given, broken):
    broken.titles = {"a", "b", "c"}
    given(*products("a", "b", "c", "d"))
    broken.titles = {"b"}

    outcome = retry_dead_letters(select_waiting(), at=LATER)

    assert str(outcome) == "2 applied, 1 failed again: 1 ValueError"
    assert HistoryProduct.objects.count() == 3
    waiting = DeadLetter.objects.waiting().get()
    assert waiting.content["data"]["title"] == "b"
    assert (waiting.attempts, waiting.first_failed_at, waiting.last_failed_at) == (2, NOW, LATER)
    assert {letter.resolved_at for letter in DeadLetter.objects.exclude(id=waiting.id)} == {LATER}


def test_what_fails_again_says_why_it_failed_this_time(given, broken):
    broken.titles = {"a"}
    given(*products("a"))
    broken.error = KeyError

    outcome = retry_dead_letters(select_waiting(), at=LATER)

    letter = DeadLetter.objects.get()
    assert outcome.errors == {"KeyError": 1}
    assert letter.error_type == "KeyError"
    assert "KeyError" in letter.traceback


def test_more_letters_than_one_transaction_takes_are_all_retried(given, broken):
    titles = [f"title {n}" for n in range(AT_ONCE + 10)]
    broken.titles = set(titles)
    given(*products(*titles))
    broken.titles = {titles[3], titles[-1]}

    outcome = retry_dead_letters(select_waiting(), at=LATER)

    assert (outcome.applied, outcome.failed_again) == (AT_ONCE + 8, 2)
    assert HistoryProduct.objects.count() == AT_ONCE + 8


def test_a_passing_error_leaves_the_letters_as_they_were(given, broken):
    broken.titles = {"a", "b"}
    given(*products("a", "b"))
    broken.error = OperationalError

    with pytest.raises(OperationalError):
        retry_dead_letters(select_waiting(), at=LATER)

    assert {letter.attempts for letter in DeadLetter.objects.waiting()} == {1}


def test_a_retry_of_an_old_event_does_not_bring_a_withdrawn_title_back(given, broken):
    broken.titles = {"Old"}
    given(product(title="Old", version=1))
    given(product(title="New", version=2))
    broken.titles = set()

    assert retry_dead_letters(select_waiting(), at=LATER).applied == 1
    assert HistoryProduct.objects.get().title == "New"


def test_a_selection_is_fixed_when_it_is_made(given, broken):
    broken.titles = {"a", "b"}
    given(*products("a"))
    ids = select_waiting()
    given(*products("b"))

    assert discard_dead_letters(ids, reason="a test", by="ann", at=LATER) == 1
    assert DeadLetter.objects.waiting().get().content["data"]["title"] == "b"


def test_letters_are_chosen_by_number_error_and_type(given, broken):
    broken.titles = {"a", "b"}
    given(*products("a", "b"))
    first, second = select_waiting()
    DeadLetter.objects.filter(id=second).update(error_type="KeyError", type="products.product_changed.v1")

    assert [*select_waiting(ids=[second])] == [second]
    assert [*select_waiting(error_type="ValueError")] == [first]
    assert [*select_waiting(type="products.product_changed.v1")] == [second]
    assert [*select_waiting(ids=[first], error_type="KeyError")] == []


@pytest.mark.parametrize("number", [0, -1, 2**40, 2**70])
def test_a_number_that_does_not_wait_is_refused_by_name(number):
    with pytest.raises(NotWaiting, match=str(number)):
        select_waiting(ids=[number])


def test_a_discarded_letter_is_not_retried(given, broken):
    broken.titles = {"a"}
    given(*products("a"))
    ids = select_waiting()
    discard_dead_letters(ids, reason="a test", by="ann", at=LATER)
    broken.titles = set()

    assert retry_dead_letters(ids, at=LATER).applied == 0
    assert not HistoryProduct.objects.exists()


def test_a_message_that_can_be_read_by_now_is_received(wire, settings):
    content = {"subscription": "unheard_of", "batches": [wire.batch("products", products("a", "b"))]}
    tasks.receive(content)
    known = settings.EVENT_BUS["SUBSCRIPTIONS"]["order_history"]
    settings.EVENT_BUS = {**settings.EVENT_BUS, "SUBSCRIPTIONS": {"unheard_of": known}}

    outcome = retry_dead_letters(select_waiting(), at=LATER)

    assert (outcome.applied, outcome.failed_again) == (1, 0)
    assert HistoryProduct.objects.count() == 2
    assert Checkpoint.objects.get().applied == [[1, 2]]


def test_a_message_that_is_still_none_fails_again():
    tasks.receive({"neither": "fish nor fowl"})

    outcome = retry_dead_letters(select_waiting(), at=LATER)

    assert outcome.errors == {"ValidationError": 1}
    assert DeadLetter.objects.waiting().get().attempts == 2


def test_an_old_message_brings_no_old_news_of_freshness(settings):
    mark = {"topic": "products", "partition": 0, "head": 0, "sent": 0, "as_of": NOW}
    tasks.receive({"subscription": "unheard_of", "watermarks": [json.loads(json.dumps(mark, default=str))]})
    known = settings.EVENT_BUS["SUBSCRIPTIONS"]["order_history"]
    settings.EVENT_BUS = {**settings.EVENT_BUS, "SUBSCRIPTIONS": {"unheard_of": known}}

    assert retry_dead_letters(select_waiting(), at=LATER).applied == 1
    assert not Checkpoint.objects.exclude(heard_at=None).exists()


@pytest.mark.parametrize("text", ["\x00", "\ud800", "é\x00\udfff"])
def test_text_that_no_database_takes_is_put_aside_all_the_same(text):
    content = {"type": text, "data": {"title": text, text: float("nan")}}

    letter = put_aside(content, ValueError(text), subscription=text, at=NOW)

    letter.refresh_from_db()
    assert letter.content["data"]["title"]
    assert letter.error


def test_errors_are_grouped_by_how_their_message_begins(given, broken, django_assert_num_queries):
    broken.titles = {"a", "b", "c"}
    broken.say = "the same eighty characters or more, and then the values: " + "." * 40
    given(*products("a", "b"))
    broken.say = "something else"
    given(*products("c"))

    with django_assert_num_queries(1, using="order_history"):
        first, second = group_by_error(DeadLetter.objects.waiting())

    assert (first.count, first.error_type, first.type) == (2, "ValueError", "products.product_created.v1")
    assert first.error.startswith("the same eighty")
    assert (second.count, second.error) == (1, "something else ['c']")
    assert (first.oldest, first.newest) == (NOW, NOW)
