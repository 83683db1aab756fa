from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction

from event_bus.outbox.guarding import SilentWrite
from event_bus.outbox.models import OutboxEvent
from orders.importing import LineToImport, OrderToImport, import_orders
from orders.models import IdempotencyKey, Order, OrderLine, OrderNotCancellable
from orders.operations import (
    KeyUsedForAnotherOrder,
    LineToOrder,
    OrderInvalid,
    ProductsNotAvailable,
    cancel_order,
    place_order,
    place_order_once,
)
from products.operations import change_product, create_product, withdraw_product
from tests.products.announced import announced_types, last_announced

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
USER = uuid4()

pytestmark = pytest.mark.django_db


def line(product, quantity=1):
    return LineToOrder(product_id=product.id, quantity=quantity)


def ordered(*lines, at=NOON):
    return place_order(user_id=USER, lines=lines, at=at)


def order_events():
    return [type for type in announced_types() if type.startswith("orders.")]


def to_import(**fields):
    return OrderToImport(
        **{
            "order_id": uuid4(),
            "user_id": USER,
            "placed_at": NOON,
            "currency": "EUR",
            "lines": (LineToImport(product_id=uuid4(), quantity=2, unit_price=Decimal("1.5")),),
            **fields,
        }
    )


def test_placing_an_order_announces_its_full_state(lamp, chair):
    order = ordered(line(lamp, 2), line(chair))

    assert order_events() == ["orders.order_placed.v1"]
    assert last_announced() == {
        "order_id": str(order.id),
        "user_id": str(USER),
        "placed_at": "2026-03-01T12:00:00Z",
        "cancelled_at": None,
        "lines": [
            {"product_id": str(lamp.id), "quantity": 2, "unit_price": "12.5000", "currency": "USD"},
            {"product_id": str(chair.id), "quantity": 1, "unit_price": "80.0000", "currency": "USD"},
        ],
        "version": 1,
    }
    assert order.total == Decimal("105.0000")


def test_placing_an_order_is_one_select_and_three_inserts(lamp, chair, django_assert_num_queries):
    ordered(line(lamp))  # finds the partitions

    with django_assert_num_queries(4 + 2):  # and the savepoint
        ordered(line(lamp, 2), line(chair))


def test_all_orders_of_a_user_travel_through_one_partition(lamp):
    for _ in range(5):
        ordered(line(lamp))

    partitions = OutboxEvent.objects.filter(type="orders.order_placed.v1").values("partition").distinct()
    assert partitions.count() == 1


def test_the_same_product_twice_adds_up(lamp, chair):
    order = ordered(line(lamp, 2), line(chair), line(lamp, 3))

    assert [(line.product_id, line.quantity) for line in order.lines.all()] == [(lamp.id, 5), (chair.id, 1)]


def test_a_price_stays_as_it_was_when_ordered(lamp):
    order = ordered(line(lamp))

    change_product(product_id=lamp.id, price=Decimal(99))

    assert order.lines.get().unit_price == Decimal("12.5000")


@pytest.mark.parametrize("quantities", [[], [0], [-1], [1_000_001], [1_000_000, 1]])
def test_an_order_without_lines_or_with_a_quantity_out_of_range_is_refused(lamp, quantities):
    with pytest.raises(OrderInvalid):
        ordered(*(line(lamp, quantity) for quantity in quantities))

    assert not Order.objects.exists()
    assert order_events() == []


def test_unknown_and_withdrawn_products_are_refused_all_at_once(lamp, chair):
    withdraw_product(product_id=lamp.id, at=NOON)
    unknown = uuid4()

    with pytest.raises(ProductsNotAvailable) as refusal:
        ordered(line(lamp), line(chair), LineToOrder(product_id=unknown, quantity=1))

    assert refusal.value.unknown == [unknown]
    assert refusal.value.withdrawn == {lamp.id: "Lamp"}
    assert str(refusal.value) == f"unknown: {unknown}; no longer sold: Lamp"
    assert not Order.objects.exists()
    assert order_events() == []


def test_an_order_has_one_currency(lamp):
    dear = create_product(title="Dear lamp", price=Decimal(1), currency="EUR")

    with pytest.raises(OrderInvalid, match="EUR and USD"):
        ordered(line(lamp), line(dear))

    assert order_events() == []


def test_cancelling_announces_the_full_state_under_the_next_version(lamp):
    order = ordered(line(lamp, 2))

    cancel_order(order_id=order.id, at=NOON + timedelta(days=14))

    order.refresh_from_db()
    assert (order.version, order.cancelled_at) == (2, NOON + timedelta(days=14))
    assert order_events()[1:] == ["orders.order_cancelled.v1"]
    assert last_announced()["cancelled_at"] == "2026-03-15T12:00:00Z"
    assert last_announced()["lines"][0]["quantity"] == 2
    assert last_announced()["version"] == 2


def test_cancelling_twice_is_refused_and_announces_nothing_more(lamp):
    order = ordered(line(lamp))
    cancel_order(order_id=order.id, at=NOON)

    with pytest.raises(OrderNotCancellable, match="was cancelled at 2026-03-01 12:00 UTC"):
        cancel_order(order_id=order.id, at=NOON)

    assert len(order_events()) == 2


def test_cancelling_too_late_is_refused_and_announces_nothing(lamp):
    order = ordered(line(lamp))

    with pytest.raises(OrderNotCancellable, match="14 days"):
        cancel_order(order_id=order.id, at=NOON + timedelta(days=14, seconds=1))

    assert len(order_events()) == 1


def test_an_unknown_order_cannot_be_cancelled():
    with pytest.raises(Order.DoesNotExist):
        cancel_order(order_id=uuid4(), at=NOON)


@pytest.mark.django_db(transaction=True)
def test_an_order_that_is_rolled_back_announces_nothing(lamp):
    with transaction.atomic():
        ordered(line(lamp))
        transaction.set_rollback(True)

    assert not Order.objects.exists()
    assert order_events() == []


@pytest.mark.django_db(transaction=True)
def test_an_order_is_not_stored_if_its_event_cannot_be(lamp, monkeypatch):
    monkeypatch.setattr("orders.operations.publish", lambda event: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        ordered(line(lamp))

    assert not Order.objects.exists()
    assert not OrderLine.objects.exists()


@pytest.mark.parametrize(
    "write",
    [
        lambda: Order.objects.update(currency="EUR"),
        lambda: Order.objects.of_user(USER).delete(),
        lambda: Order.objects.get().lines.update(quantity=9),
        lambda: OrderLine.objects.all().delete(),
        lambda: OrderLine.objects.bulk_create([OrderLine()]),
    ],
)
def test_a_silent_bulk_write_raises(lamp, write):
    ordered(line(lamp))

    with pytest.raises(SilentWrite, match=r"orders\.operations"):
        write()


def test_one_key_orders_once(lamp):
    wish = {"user_id": USER, "lines": [line(lamp)], "at": NOON, "key": "k"}
    first, placed_first = place_order_once(**wish)

    second, placed_second = place_order_once(**wish)

    assert (placed_first, placed_second) == (True, False)
    assert first == second == Order.objects.get()
    assert len(order_events()) == 1


def test_one_key_is_not_for_two_orders(lamp):
    place_order_once(user_id=USER, lines=[line(lamp)], at=NOON, key="k")

    with pytest.raises(KeyUsedForAnotherOrder):
        place_order_once(user_id=USER, lines=[line(lamp, 2)], at=NOON, key="k")

    assert len(order_events()) == 1


def test_keys_of_two_users_have_nothing_to_do_with_each_other(lamp):
    for user_id in (USER, uuid4()):
        place_order_once(user_id=user_id, lines=[line(lamp)], at=NOON, key="k")

    assert Order.objects.count() == 2


def test_a_refused_order_leaves_its_key_free(lamp):
    with pytest.raises(ProductsNotAvailable):
        place_order_once(user_id=USER, lines=[LineToOrder(uuid4(), 1)], at=NOON, key="k")

    assert not IdempotencyKey.objects.exists()
    assert place_order_once(user_id=USER, lines=[line(lamp)], at=NOON, key="k")[1]


def test_importing_creates_and_announces_orders_as_they_were(django_assert_max_num_queries):
    product_id = uuid4()
    twice = (
        LineToImport(product_id=product_id, quantity=2, unit_price=Decimal("1.5")),
        LineToImport(product_id=product_id, quantity=1, unit_price=Decimal("1.25")),
    )

    with django_assert_max_num_queries(8):
        created = import_orders([to_import(lines=twice), to_import()])

    assert created == 2
    assert order_events() == ["orders.order_placed.v1"] * 2
    assert OrderLine.objects.count() == 3
    assert OutboxEvent.objects.earliest("id").data["lines"][1]["unit_price"] == "1.2500"


def test_importing_twice_changes_nothing_and_announces_nothing_new():
    order = to_import()

    assert [import_orders([order, order]), import_orders([order])] == [1, 0]
    assert OrderLine.objects.count() == 1
    assert len(order_events()) == 1
