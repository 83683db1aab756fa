"""A deploy under load: every process is replaced, no request fails, and what was ordered shows a moment later."""

import threading
import time
import uuid

import pytest

from tests.shopping import eventually
from tests.test_faults import held_up, holds_a_message

TIMES = 5
HEALED = 30
"""Seconds within which the history is complete after any restart: far below a visibility timeout (120)."""


class Orderer(threading.Thread):
    """Orders one thing after another; asks again, with the same key, where a request failed."""

    def __init__(self, shop, product):
        super().__init__(daemon=True)
        self.shop, self.product = shop, product
        self.placed_at = []
        self.failed = []
        self.surprises = []
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set():
            self.place(uuid.uuid4().hex)
            time.sleep(0.02)

    def place(self, key):
        body = {"lines": [{"product_id": self.product, "quantity": 1}]}
        while True:
            try:
                status, answer = self.shop.customer("POST", "/api/v1/orders/", body, key=key)
            except OSError as error:
                self.failed.append(repr(error))
                time.sleep(0.05)
            else:
                if status not in (200, 201):
                    self.surprises.append((status, answer))
                self.placed_at.append(time.monotonic())
                return


class LagMeter(threading.Thread):
    """The longest that an acknowledged order was missing in the history."""

    def __init__(self, shop, orderer):
        super().__init__(daemon=True)
        self.shop, self.orderer = shop, orderer
        self.longest = 0.0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.is_set():
            now, placed_at = time.monotonic(), list(self.orderer.placed_at)
            try:
                shown = ordered_times(self.shop, self.orderer.product)
            except OSError:
                continue
            if shown < len(placed_at):
                self.longest = max(self.longest, now - placed_at[shown])
            time.sleep(0.05)


def ordered_times(shop, product):
    return sum(row["times_ordered"] for row in shop.history_of(product))


def test_a_worker_that_is_told_to_stop_finishes_its_batch(open_shop, raw):
    shop, stack = open_shop, open_shop.stack
    product = shop.create_product()
    stack.stop("beat")  # or the batch that is held up may be another than the order's
    time.sleep(1)
    eventually(lambda: not raw.llen("order_history") and not holds_a_message(raw)(), within=15)

    with held_up(stack):
        # Again and again: without beat a wake-up that is lost is not made good.
        eventually(lambda: shop.order(product) and holds_a_message(raw)(), within=15)
        stopping = threading.Thread(target=stack.stop, args=["history"])
        stopping.start()
        time.sleep(2)
        waits_for_its_batch = stopping.is_alive()
    stopping.join(30)
    shown = shop.history_of(product)  # while no worker runs
    stack.start("history", "beat")

    assert waits_for_its_batch
    assert shown


@pytest.mark.postgres
def test_five_deploys_under_load_lose_nothing_and_leave_nothing_waiting(open_shop):
    shop, stack = open_shop, open_shop.stack
    orderer = Orderer(shop, shop.create_product())
    meter = LagMeter(shop, orderer)
    orderer.start()
    eventually(lambda: ordered_times(shop, orderer.product), within=15)
    meter.start()

    for _ in range(TIMES):
        for name in ("history", "relay", "beat"):
            stack.stop(name)
            stack.start(name)
        replace_web_workers(stack)
    orderer.ended.set()
    orderer.join(30)

    count = len(orderer.placed_at)
    eventually(lambda: ordered_times(shop, orderer.product) >= count, within=HEALED)
    meter.ended.set()
    meter.join(15)
    print(f"{count} orders, at most {meter.longest:.1f} s late")
    assert orderer.surprises == []
    assert orderer.failed == []
    assert ordered_times(shop, orderer.product) == count
    assert meter.longest < HEALED


def replace_web_workers(stack):
    """By HUP: the listener stays open. One that is closed resets the connections that nobody has accepted yet."""
    before = set(stack.children("web"))
    stack.signal("web", "HUP")
    eventually(lambda: (now := stack.children("web")) and before.isdisjoint(now), within=30)
