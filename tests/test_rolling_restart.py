"""A deploy: a worker is told to stop in the middle of its work."""

import threading
import time

from tests.shopping import eventually
from tests.test_faults import held_up, holds_a_message

HEALED = 30


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
