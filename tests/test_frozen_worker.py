"""A worker that is alive and never consumes again, as one without remote control is when an outage meets its task."""

import os
import signal
import time
from contextlib import contextmanager

import pytest

from tests.shopping import Shop, eventually
from tests.test_faults import HEALED, held_up, holds_a_message, knows


@pytest.fixture
def without_remote_control(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.no_remote_control")


@pytest.fixture
def shop(without_remote_control, live_stack):
    live_stack.start("relay", "history", "beat")
    shop = Shop(live_stack)
    shop.open()
    return shop


def test_s2_a_worker_that_never_consumes_again_is_restarted(shop, broker, raw):
    product = shop.create_product()
    frozen = eventually(lambda: shop.stack.pid("history"), within=15)

    with held_up(shop.stack):
        shop.order(product)
        eventually(holds_a_message(raw), within=15)
        broker.kill()
    time.sleep(3)  # the task ends now, and cannot say so
    broker.restart(empty=True)
    later = shop.create_product("Later")
    shop.order(later)

    eventually(knows(shop, product, later), within=2 * HEALED)
    assert shop.stack.pid("history") != frozen
    assert "none comes through: ending" in shop.stack.log("history").read_text()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setenv("EVENT_BUS_FROZEN_AFTER", "2")


def test_a_worker_that_is_at_work_for_long_is_left_alone(impatient, live_stack):
    shop = Shop(live_stack)
    live_stack.start("relay", "history", "beat")
    shop.open()
    product = shop.create_product()
    eventually(lambda: live_stack.pid("history"), within=15)
    at_work = live_stack.pid("history")

    with held_up(live_stack):
        shop.order(product)
        time.sleep(8)  # meanwhile watermarks queue up behind the order

    eventually(knows(shop, product), within=HEALED)
    assert live_stack.pid("history") == at_work


def test_a_worker_that_was_halted_and_goes_on_is_left_alone(impatient, live_stack):
    shop = Shop(live_stack)
    live_stack.start("relay", "history", "beat")
    shop.open()
    product = shop.create_product()
    worker = eventually(lambda: live_stack.pid("history"), within=15)
    shop.order(product)
    eventually(knows(shop, product), within=HEALED)

    with halted(worker, *live_stack.children("history")):
        shop.order(product)
        time.sleep(6)
    time.sleep(6)  # so that it has looked twice

    assert live_stack.pid("history") == worker
    assert "none comes through" not in live_stack.log("history").read_text()


@contextmanager
def halted(*pids):
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
