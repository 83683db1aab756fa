import json

import pytest
from celery import current_app

from event_bus.messages import RECEIVE, Message
from event_bus.outbox.relay import create_missing_cursors
from event_bus.queues import broker_connection


@pytest.fixture
def cursors(db):
    create_missing_cursors()


@pytest.fixture
def bus(settings):
    """Changes settings of the bus for one test."""

    def change(**values):
        settings.EVENT_BUS = {**settings.EVENT_BUS, **values}

    return change


@pytest.fixture
def queued():
    """Takes what waits in a queue of the real broker: messages to a subscription, or (task, argument)."""
    _take_all(current_app.conf.task_queues)

    def take(queue="order_history"):
        found = _take_all([q for q in current_app.conf.task_queues if q.name == queue])
        return [Message.model_validate(args[0]) if task == RECEIVE else (task, args) for task, args in found]

    yield take
    _take_all(current_app.conf.task_queues)


def _take_all(queues):
    found = []
    with broker_connection() as connection:
        for queue in queues:
            bound = queue(connection.default_channel)
            while message := bound.get(no_ack=True):
                found.append((message.headers["task"], json.loads(message.body)[0]))
    return found
