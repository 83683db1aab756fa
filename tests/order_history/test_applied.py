import pytest

from event_bus.consistency import ConsistencyToken
from event_bus.subscriptions import get_subscription
from order_history import applied
from order_history.applied import TopicNotHeard, is_applied, wait_until_applied
from tests.order_history.facts import ANN, BOB, TEAPOT, cancelled, erased, id_of, placed, product, signed_up

pytestmark = pytest.mark.django_db(databases=["order_history"])


def token(topic, id, version=1):
    return ConsistencyToken(topic, id, version)


ORDER_1 = token("orders", id_of("order 1"))


@pytest.mark.parametrize(
    ("facts", "written"),
    [
        ([product()], token("products", TEAPOT)),
        ([product(version=3)], token("products", TEAPOT, 3)),
        ([signed_up()], token("users", ANN)),
        ([erased()], token("users", ANN, 2)),
        ([placed()], ORDER_1),
        ([cancelled(placed())], token("orders", id_of("order 1"), 2)),
    ],
)
def test_what_was_heard_is_applied_and_the_next_version_is_not(given, facts, written):
    assert not is_applied(written, user_id=ANN)

    given(*facts)

    assert is_applied(written, user_id=ANN)
    assert not is_applied(token(written.topic, written.aggregate_id, written.version + 1), user_id=ANN)


@pytest.mark.parametrize("newer", [[cancelled(placed())], [erased()], [placed(), erased()]])
def test_an_order_that_will_never_show_is_applied(given, newer):
    given(*newer)

    assert is_applied(ORDER_1, user_id=ANN)


def test_an_erased_user_answers_for_nobody_else(given):
    given(erased(BOB))

    assert not is_applied(ORDER_1, user_id=ANN)


def test_a_user_known_from_an_order_alone_has_not_signed_up_yet(given):
    given(placed())

    assert not is_applied(token("users", ANN), user_id=ANN)


def test_every_topic_that_the_history_listens_to_has_tokens_and_no_other():
    for topic in get_subscription("order_history").topics:
        is_applied(token(topic, ANN), user_id=ANN)

    with pytest.raises(TopicNotHeard, match="orders, products, users, not 'reviews'"):
        is_applied(token("reviews", ANN), user_id=ANN)


@pytest.mark.parametrize("topic", ["products", "users", "orders"])
def test_a_look_costs_one_query(topic, django_assert_num_queries):
    with django_assert_num_queries(1, using="order_history"):
        is_applied(token(topic, ANN), user_id=ANN)


@pytest.fixture
def sleeps(monkeypatch):
    """Time that passes only by sleeping; `during` is called in each pause."""

    class Sleeps(list):
        def during(self, count):
            pass

    sleeps = Sleeps()

    def sleep(seconds):
        sleeps.append(seconds)
        sleeps.during(len(sleeps))

    monkeypatch.setattr(applied.time, "sleep", sleep)
    monkeypatch.setattr(applied.time, "monotonic", lambda: sum(sleeps))
    return sleeps


def test_waiting_ends_when_the_event_arrives(given, sleeps):
    sleeps.during = lambda count: count == 3 and given(placed())

    assert wait_until_applied(ORDER_1, user_id=ANN, seconds=2)
    assert len(sleeps) == 3


def test_waiting_ends_in_time_and_looks_ever_less_often(sleeps):
    assert not wait_until_applied(ORDER_1, user_id=ANN, seconds=2)

    assert sum(sleeps) == pytest.approx(2)
    assert sleeps[0] == 0.01
    assert sleeps[:-1] == sorted(sleeps[:-1])
    assert len(sleeps) < 20


def test_nobody_waits_longer_than_ten_seconds(sleeps):
    wait_until_applied(ORDER_1, user_id=ANN, seconds=1e9)

    assert sum(sleeps) == pytest.approx(10)


def test_what_is_applied_already_is_not_waited_for(given, sleeps):
    given(placed())

    assert wait_until_applied(ORDER_1, user_id=ANN, seconds=2)
    assert sleeps == []


def test_while_as_many_wait_as_may_the_next_is_answered_at_once(settings, sleeps):
    answers = []

    def one_more_asks(count):
        if count <= settings.ORDER_HISTORY_MOST_WAITING:
            before = len(sleeps)
            wait_until_applied(ORDER_1, user_id=ANN, seconds=1)
            answers.append(len(sleeps) - before)

    sleeps.during = one_more_asks
    wait_until_applied(ORDER_1, user_id=ANN, seconds=1)

    assert answers[0] == 0  # the innermost: as many as may were waiting around it
    assert answers[-1] > 0

    assert applied._waiting.acquire(blocking=False)
    applied._waiting.release()
