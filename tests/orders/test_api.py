from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from orders.models import Order
from orders.operations import LineToOrder, cancel_order, place_order
from products.operations import change_product, withdraw_product
from tests.problems import invalid_fields
from tests.products.announced import announced_types

ORDERS = "/api/v1/orders/"

pytestmark = pytest.mark.django_db


def wish(*products, quantity=1):
    return {"lines": [{"product_id": str(product.id), "quantity": quantity} for product in products]}


@pytest.fixture
def order(customer, lamp):
    return customer.post(ORDERS, wish(lamp)).json()


def test_a_customer_places_an_order(customer, user, lamp, chair):
    response = customer.post(ORDERS, wish(lamp, chair, quantity=2))

    body = response.json()
    assert response.status_code == 201
    assert (body["user_id"], body["currency"], body["total"]) == (str(user.id), "USD", "185.0000")
    assert body["lines"][0] == {
        "number": 1,
        "product_id": str(lamp.id),
        "quantity": 2,
        "unit_price": "12.5000",
    }
    assert announced_types()[-1] == "orders.order_placed.v1"


def test_nobody_orders_for_somebody_else(customer, user, lamp):
    customer.post(ORDERS, {**wish(lamp), "user_id": str(uuid4())})

    assert Order.objects.get().user_id == user.id


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"lines": []},
        {"lines": "x"},
        {"lines": [{"product_id": "x", "quantity": 1}]},
        {"lines": [{"product_id": str(uuid4()), "quantity": 0}]},
        {"lines": [{"product_id": str(uuid4()), "quantity": 1_000_001}]},
        {"lines": [{"product_id": str(uuid4())}]},
    ],
)
def test_an_invalid_order_is_refused(customer, body):
    response = customer.post(ORDERS, body)

    assert response.status_code == 400
    assert not Order.objects.exists()


def test_products_that_are_not_available_are_named_all_at_once(customer, lamp):
    withdraw_product(product_id=lamp.id, at=datetime(2026, 3, 1, tzinfo=UTC))
    unknown = str(uuid4())
    body = wish(lamp)
    body["lines"].append({"product_id": unknown, "quantity": 1})

    response = customer.post(ORDERS, body)

    assert response.status_code == 400
    assert response.json()["unknown"] == [unknown]
    assert response.json()["withdrawn"] == [str(lamp.id)]


def test_the_same_key_and_body_give_the_same_order(customer, lamp):
    first = customer.post(ORDERS, wish(lamp), headers={"Idempotency-Key": "k"})
    second = customer.post(ORDERS, wish(lamp), headers={"Idempotency-Key": "k"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Order.objects.count() == 1


def test_the_same_key_with_another_body_is_refused(customer, lamp):
    customer.post(ORDERS, wish(lamp), headers={"Idempotency-Key": "k"})

    response = customer.post(ORDERS, wish(lamp, quantity=2), headers={"Idempotency-Key": "k"})

    assert response.status_code == 422


def test_without_a_key_every_request_orders(customer, lamp):
    ids = {customer.post(ORDERS, wish(lamp)).json()["id"] for _ in range(2)}

    assert len(ids) == 2


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_out_of_range_is_refused(customer, lamp, key):
    assert customer.post(ORDERS, wish(lamp), headers={"Idempotency-Key": key}).status_code == 400


def test_a_customer_lists_their_own_orders_newest_first(
    customer, other, user, lamp, django_assert_num_queries
):
    other.post(ORDERS, wish(lamp))
    for day in (1, 3, 2):
        at = datetime(2026, 3, day, tzinfo=UTC)
        place_order(user_id=user.id, lines=[LineToOrder(lamp.id, 1)], at=at)

    with django_assert_num_queries(2):
        first = customer.get(ORDERS, {"page_size": 2}).json()
    second = customer.get(first["next"]).json()

    days = [order["placed_at"][:10] for order in first["results"] + second["results"]]
    assert days == ["2026-03-03", "2026-03-02", "2026-03-01"]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({}, [3, 2, 1]),
        ({"placed_after": "2026-03-02T00:00:00Z"}, [3, 2]),
        ({"placed_before": "2026-03-02T00:00:00Z"}, [1]),
        ({"placed_after": "2026-03-02T00:00:00+01:00", "placed_before": "2026-03-03T00:00:00+00:00"}, [2]),
        ({"cancelled": "true"}, [2]),
        ({"cancelled": "false"}, [3, 1]),
    ],
)
def test_the_list_is_filtered(customer, user, lamp, query, days):
    for day in (1, 2, 3):
        at = datetime(2026, 3, day, tzinfo=UTC)
        order = place_order(user_id=user.id, lines=[LineToOrder(lamp.id, 1)], at=at)
        if day == 2:
            cancel_order(order_id=order.id, at=at)

    found = customer.get(ORDERS, query).json()["results"]

    assert [datetime.fromisoformat(order["placed_at"]).day for order in found] == days


@pytest.mark.parametrize(
    "query", [{"placed_after": "2026-03-02"}, {"cancelled": "maybe"}, {"cursor": "p=foo"}, {"page_size": 0}]
)
def test_a_list_that_cannot_be_is_refused(customer, query):
    response = customer.get(ORDERS, query)

    assert response.status_code == 400
    assert invalid_fields(response) == set(query)


def test_a_price_is_what_it_was_when_ordered(customer, lamp, order):
    change_product(product_id=lamp.id, price=Decimal("99"))

    read = customer.get(f"{ORDERS}{order['id']}/").json()

    assert (read["total"], read["lines"][0]["unit_price"]) == ("12.5000", "12.5000")


def test_a_key_is_the_customers_own(customer, other, lamp):
    mine, theirs = (
        client.post(ORDERS, wish(lamp), headers={"Idempotency-Key": "k"}) for client in (customer, other)
    )

    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


def test_an_order_is_read_and_cancelled_by_its_owner_and_staff_and_is_not_there_for_others(
    customer, other, staff, order
):
    address = f"{ORDERS}{order['id']}/"

    reads = [client.get(address).status_code for client in (APIClient(), other, customer, staff)]
    cancels = [
        client.post(f"{address}cancel/").status_code for client in (APIClient(), other, customer, staff)
    ]

    assert reads == [401, 404, 200, 200]
    assert cancels == [401, 404, 200, 409]


def test_cancelling_says_when_and_announces_it(customer, order):
    response = customer.post(f"{ORDERS}{order['id']}/cancel/")

    assert response.json()["cancelled_at"] is not None
    assert response.json()["version"] == 2
    assert announced_types()[-1] == "orders.order_cancelled.v1"


def test_a_write_answers_with_a_consistency_token(customer, lamp):
    key = {"Idempotency-Key": "k"}
    placed, again = (customer.post(ORDERS, wish(lamp), headers=key) for _ in range(2))
    cancelled = customer.post(f"{ORDERS}{placed.json()['id']}/cancel/")

    assert placed["Consistency-Token"] == f"orders.{placed.json()['id']}.1"
    assert again["Consistency-Token"] == placed["Consistency-Token"]
    assert cancelled["Consistency-Token"] == f"orders.{placed.json()['id']}.2"


def test_an_old_order_can_no_longer_be_cancelled(customer, user, lamp):
    order = place_order(user_id=user.id, lines=[LineToOrder(lamp.id, 1)], at=datetime(2020, 1, 1, tzinfo=UTC))

    response = customer.post(f"{ORDERS}{order.id}/cancel/")

    assert response.status_code == 409
    assert "14 days" in response.json()["detail"]


def test_strangers_neither_list_nor_order(lamp):
    assert APIClient().get(ORDERS).status_code == 401
    assert APIClient().post(ORDERS, wish(lamp)).status_code == 401


def test_nobody_changes_or_deletes_an_order(staff, order):
    address = f"{ORDERS}{order['id']}/"

    assert [staff.put(address).status_code, staff.patch(address).status_code] == [405, 405]
    assert staff.delete(address).status_code == 405
