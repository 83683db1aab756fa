"""A commit wakes the relay soon, and many commits wake it seldom."""

import json
import time
from contextlib import nullcontext

import pytest
from celery import current_app
from redis.exceptions import NoScriptError

from event_bus.messages import OUTBOX_QUEUE, RELAY
from event_bus.outbox import waking
from event_bus.queues import broker_connection, send, waiting_in


@pytest.fixture
def sent(monkeypatch):
    """When wake-ups were sent."""
    times = []
    monkeypatch.setattr(waking, "send_wake_up", lambda: times.append(time.monotonic()))
    return times


def wait_for(condition):
    until = time.monotonic() + 10
    while not condition() and time.monotonic() < until:
        time.sleep(0.001)
    assert condition()


def test_a_burst_of_commits_leaves_few_wake_ups_and_the_last_commit_has_one(sent):
    waker = waking.Waker()
    began = time.monotonic()
    for _ in range(200):
        last = time.monotonic()
        waker.wake()
        time.sleep(0.0005)

    wait_for(lambda: sent[-1:] >= [last])
    assert len(sent) <= (sent[-1] - began) / waking.SPACING + 2


def test_a_commit_after_a_pause_is_told_at_once(sent):
    waker = waking.Waker()
    waker.wake()
    wait_for(lambda: len(sent) == 1)
    time.sleep(5 * waking.SPACING)

    at = time.monotonic()
    waker.wake()

    wait_for(lambda: len(sent) == 2)
    assert sent[1] - at < 1


def test_a_wake_up_is_the_message_that_celery_would_send(queued):
    waking.send_wake_up()
    ours = take_raw()
    with broker_connection() as connection:
        send(RELAY, None, queue=OUTBOX_QUEUE, connection=connection)
    its = take_raw()

    ids = ours["headers"].pop("id"), ours["headers"].pop("root_id"), ours["properties"].pop("correlation_id")
    assert len({*ids, ours["properties"].pop("delivery_tag")}) == 1
    assert (ours["headers"].pop("ignore_result"), ours["headers"].pop("timelimit")) == (True, [None, None])
    del ours["properties"]["reply_to"]  # nobody waits for a result
    for name in ("id", "root_id", "ignore_result", "timelimit"):  # the last two where the task is imported
        del its["headers"][name]
    for name in ("correlation_id", "delivery_tag", "reply_to", "argsrepr", "kwargsrepr"):
        del its["properties"][name]
    assert (ours["headers"], ours) == (its["headers"], its)


def test_every_wake_up_has_an_id_of_its_own(queued):
    ids = set()
    for _ in range(3):
        waking.send_wake_up()
        ids.add(take_raw()["headers"]["id"])

    assert len(ids) == 3


def test_a_worker_understands_a_wake_up(queued):
    waking.send_wake_up()

    assert queued(OUTBOX_QUEUE) == [(RELAY, [])]


def test_no_wake_up_is_added_to_one_that_waits(queued):
    for _ in range(3):
        waking.send_wake_up()

    with broker_connection() as connection:
        assert waiting_in(OUTBOX_QUEUE, connection) == 1


def test_a_broker_that_has_forgotten_everything_is_told_all_the_same(queued):
    waking.send_wake_up()
    with broker_connection() as connection:
        client = connection.default_channel.client
        client.flushall()
        client.script_flush()
        with pytest.raises(NoScriptError):
            client.evalsha(client.register_script(waking._PUSH_UNLESS_ONE_WAITS).sha, 0)

    waking.send_wake_up()

    assert queued(OUTBOX_QUEUE) == [(RELAY, [])]


def test_another_kind_of_broker_is_told_by_celery(monkeypatch):
    with current_app.connection_for_write("memory://") as memory:
        monkeypatch.setattr(waking, "broker_connection", lambda: nullcontext(memory))
        waking.send_wake_up()
        waking.send_wake_up()

        channel = memory.default_channel
        assert channel.basic_get(OUTBOX_QUEUE, no_ack=True).headers["task"] == RELAY
        assert channel.basic_get(OUTBOX_QUEUE, no_ack=True) is None


def take_raw():
    with broker_connection() as connection:
        return json.loads(connection.default_channel.client.rpop(OUTBOX_QUEUE))
