"""The outbox is the buffer: however long a subscriber is away, the broker holds a bounded number of messages."""

import time

import pytest

from tests.shopping import eventually


@pytest.fixture
def short_queue(monkeypatch):
    monkeypatch.setenv("EVENT_BUS_QUEUE_DEPTH", "3")


def test_f17_while_a_subscriber_is_away_the_brokers_memory_stays_bounded(short_queue, live_stack, raw):
    stack = live_stack
    stack.start("relay", "beat")
    stack.manage("shell", "-v0", "-c", ANNOUNCE_MANY)

    eventually(lambda: raw.llen("order_history") >= 3, within=30)
    time.sleep(6)
    depth = raw.llen("order_history")

    assert depth <= 3
    stack.start("history")
    stack.wait_until_caught_up(timeout=60)


ANNOUNCE_MANY = """
from uuid import uuid4
from users.operations import import_users
for _ in range(10):
    import_users([uuid4() for _ in range(1000)])
"""
