"""The history's database crashes, and has forgotten what was applied last.

In a file of its own: what runs for the other faults would take messages of this shop out of the queues.
"""

import psycopg
import pytest

from stack.postgres import PostgresServer
from tests.conftest import live_stack_in
from tests.shopping import Shop, eventually
from tests.test_faults import HEALED, knows


@pytest.mark.postgres
def test_f14_the_historys_database_crashes_and_forgets_what_it_had_applied(servers, broker, tmp_path):
    with (
        PostgresServer(settings={"wal_writer_delay": "10s"}) as postgres,
        live_stack_in(
            servers, tmp_path / "live", ORDER_HISTORY_DATABASE_URL=postgres.create_database("history")
        ) as stack,
    ):
        stack.migrate()
        stack.start("relay", "history", "beat")
        shop = Shop(stack)
        shop.open()
        first = shop.create_product()
        shop.order(first)
        eventually(knows(shop, first), within=HEALED)  # so a sweep has begun the subscription

        for _ in range(5):  # a worker's sign of life may have it written down just then
            stack.stop("beat")  # whose sweeps have everything written down
            product = shop.create_product()
            order = shop.order(product)
            with psycopg.connect(postgres.url("history"), autocommit=True) as history:
                eventually(lambda order=order, history=history: applied(history, order), within=HEALED)
                postgres.restart()
            forgotten = not knows(shop, product)()
            stack.start("beat")

            eventually(knows(shop, product), within=HEALED)
            if forgotten:
                return
        pytest.fail("nothing was forgotten, so nothing is shown")


def applied(history, order):
    return history.execute(
        "SELECT 1 FROM order_history_historyorderline WHERE order_id = %s", [order]
    ).fetchone()
