"""What two requests at the same moment may not do."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import connection

from orders.importing import LineToImport, OrderToImport, import_orders
from orders.models import Order, OrderLine, OrderNotCancellable
from orders.operations import (
    LineToOrder,
    cancel_order,
    place_order,
    place_order_once,
)
from tests.products.announced import announced_types

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
USER = uuid4()

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def at_once(operation, times=4):
    """What each call returned or raised; all began at the same moment."""
    start = Barrier(times)

    def run(_):
        try:
            start.wait()
            return operation()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def test_one_key_orders_once(lamp):
    results = at_once(
        lambda: place_order_once(user_id=USER, lines=[LineToOrder(lamp.id, 1)], at=NOON, key="k")
    )

    assert sorted(placed for _, placed in results) == [False, False, False, True]
    assert {order for order, _ in results} == {Order.objects.get()}
    assert announced_types().count("orders.order_placed.v1") == 1


def test_an_order_is_cancelled_once(lamp):
    order = place_order(user_id=USER, lines=[LineToOrder(lamp.id, 1)], at=NOON)

    results = at_once(lambda: cancel_order(order_id=order.id, at=NOON))

    assert [type(result) for result in results].count(OrderNotCancellable) == 3
    assert announced_types().count("orders.order_cancelled.v1") == 1


def test_two_imports_of_one_set_leave_each_order_once():
    line = LineToImport(product_id=uuid4(), quantity=1, unit_price=Decimal(1))
    orders = [OrderToImport(uuid4(), USER, NOON, "EUR", (line,)) for _ in range(50)]

    results = at_once(lambda: import_orders(orders))

    assert not [result for result in results if isinstance(result, Exception)]
    assert (Order.objects.count(), OrderLine.objects.count()) == (50, 50)
