"""A commit wakes the relay soon, and many commits wake it seldom."""

import time

import pytest

from event_bus.outbox import waking


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
