"""A rebuild of the real shop, with customers ordering and reading, and workers being killed."""

import threading

import pytest

from tests.shopping import Shop, eventually

pytestmark = pytest.mark.postgres


@pytest.fixture
def shop(live_stack):
    live_stack.start("relay", "history", "beat")
    shop = Shop(live_stack)
    shop.open()
    return shop


class Customer(threading.Thread):
    """Orders and looks, again and again. What was there once has to be there at every later look."""

    def __init__(self, shop, products):
        super().__init__(daemon=True)
        self.shop, self.products = shop, products
        self.looks, self.troubles = 0, []
        self.stopped = threading.Event()

    def run(self):
        seen = set()
        while not self.stopped.is_set():
            try:
                self.shop.order(self.products[self.looks % len(self.products)])
                now = {row["product_id"] for row in self.shop.history()}
            except AssertionError as error:
                self.troubles.append(str(error))
                continue
            self.looks += 1
            if missing := seen - now:
                self.troubles.append(f"look {self.looks}: {missing} had been there")
            seen |= now


def test_readers_see_no_empty_page_and_nothing_is_lost_while_the_history_is_rebuilt(shop):
    products = [shop.create_product(f"Product {n}") for n in range(8)]
    shop.stack.manage("shell", "-v0", "-c", MANY_USERS)
    for product in products[:2]:
        shop.order(product)
    shop.stack.wait_until_caught_up(timeout=120)
    customer = Customer(shop, products)
    customer.start()

    try:
        eventually(lambda: customer.looks >= 3, within=60)
        shop.stack.kill("history")
        rebuilt = shop.stack.manage("rebuild_order_history", timeout=300)
        looks = customer.looks
        eventually(lambda: customer.looks > looks + 3, within=60)
        undone = shop.stack.manage("rebuild_order_history", "--undo", timeout=300)
    finally:
        customer.stopped.set()
        customer.join(timeout=60)

    assert "The rebuilt tables serve now" in rebuilt.stdout
    assert "serve again" in undone.stdout
    assert customer.troubles == []
    shop.stack.wait_until_caught_up(timeout=120)
    assert sum(row["times_ordered"] for row in shop.history()) == 2 + customer.looks


MANY_USERS = """
from uuid import uuid4
from users.operations import import_users
for _ in range(20):
    import_users([uuid4() for _ in range(1000)])
"""
