"""What is put into a queue of Redis is what Celery would have put there, on whatever it runs."""

import json

import pytest
from celery import current_app, signals
from redis.exceptions import NoScriptError

from event_bus import redis_queues
from event_bus.messages import OUTBOX_QUEUE, REDELIVER, RELAY
from event_bus.queues import broker_connection, send, send_unless_one_waits, waiting_in

ARGUMENT = {"subscription": "order_history", "missing": [], "note": "Über “uns” 灯"}


@pytest.fixture
def connection(queued):
    with broker_connection() as connection:
        yield connection


def take_raw(connection):
    return json.loads(connection.default_channel.client.rpop(OUTBOX_QUEUE))


@pytest.mark.parametrize(("task", "argument"), [(RELAY, None), (REDELIVER, ARGUMENT)])
def test_a_message_is_the_one_that_celery_would_send(connection, task, argument):
    send(task, argument, queue=OUTBOX_QUEUE, connection=connection)
    ours = take_raw(connection)
    arguments = [] if argument is None else [argument]
    current_app.send_task(task, args=arguments, queue=OUTBOX_QUEUE, connection=connection)
    its = take_raw(connection)

    ids = ours["headers"].pop("id"), ours["headers"].pop("root_id"), ours["properties"].pop("correlation_id")
    assert len({*ids, ours["properties"].pop("delivery_tag")}) == 1
    assert (ours["headers"].pop("ignore_result"), ours["headers"].pop("timelimit")) == (True, [None, None])
    assert (ours["headers"].pop("argsrepr"), ours["headers"].pop("kwargsrepr")) == ("-", "-")
    del ours["properties"]["reply_to"]  # nobody waits for a result
    for name in ("id", "root_id", "argsrepr", "kwargsrepr", "ignore_result", "timelimit"):
        del its["headers"][name]  # the last two are others where the task is imported
    for name in ("correlation_id", "delivery_tag", "reply_to"):
        del its["properties"][name]
    assert json.loads(ours.pop("body")) == json.loads(its.pop("body"))
    assert (ours["headers"], ours) == (its["headers"], its)


def test_every_message_has_an_id_of_its_own(connection):
    ids = set()
    for _ in range(3):
        send(RELAY, None, queue=OUTBOX_QUEUE, connection=connection)
        ids.add(take_raw(connection)["headers"]["id"])

    assert len(ids) == 3


def test_a_worker_understands_it(queued, connection):
    send(REDELIVER, ARGUMENT, queue=OUTBOX_QUEUE, connection=connection)

    assert queued(OUTBOX_QUEUE) == [(REDELIVER, [ARGUMENT])]


def test_whoever_listens_to_celery_is_told(connection):
    told = []

    def before(headers, **_):
        headers["x_note"] = "from a listener"
        told.append("before")

    def after(**_):
        told.append("after")

    signals.before_task_publish.connect(before)
    signals.after_task_publish.connect(after)
    try:
        send(RELAY, None, queue=OUTBOX_QUEUE, connection=connection)
    finally:
        signals.before_task_publish.disconnect(before)
        signals.after_task_publish.disconnect(after)

    assert told == ["before", "after"]
    assert take_raw(connection)["headers"]["x_note"] == "from a listener"


def test_none_is_added_to_one_that_waits(connection):
    for _ in range(3):
        send_unless_one_waits(RELAY, queue=OUTBOX_QUEUE, connection=connection)

    assert waiting_in(OUTBOX_QUEUE, connection) == 1


def test_a_broker_that_has_forgotten_everything_is_told_all_the_same(queued, connection):
    send_unless_one_waits(RELAY, queue=OUTBOX_QUEUE, connection=connection)
    client = connection.default_channel.client
    client.flushall()
    client.script_flush()
    with pytest.raises(NoScriptError):
        client.evalsha(client.register_script(redis_queues._PUSH_UNLESS_ONE_WAITS).sha, 0)

    send_unless_one_waits(RELAY, queue=OUTBOX_QUEUE, connection=connection)

    assert queued(OUTBOX_QUEUE) == [(RELAY, [])]


def test_another_kind_of_broker_is_told_by_celery():
    with current_app.connection_for_write("memory://") as memory:
        send_unless_one_waits(RELAY, queue=OUTBOX_QUEUE, connection=memory)
        send_unless_one_waits(RELAY, queue=OUTBOX_QUEUE, connection=memory)

        channel = memory.default_channel
        assert channel.basic_get(OUTBOX_QUEUE, no_ack=True).headers["task"] == RELAY
        assert channel.basic_get(OUTBOX_QUEUE, no_ack=True) is None
