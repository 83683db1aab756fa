"""The whole way of an order: real web server, broker, workers and beat."""

import pytest

from tests.shopping import eventually


@pytest.fixture
def shop(open_shop):
    return open_shop


def test_an_order_reaches_the_history(shop):
    product = shop.create_product("Teapot")

    shop.order(product, quantity=2)

    [row] = eventually(lambda: shop.history_of(product), within=15)
    assert (row["product_id"], row["title"], row["image"]) == (product, "Teapot", None)
    assert (row["times_ordered"], row["quantity"]) == (1, 2)


def test_a_renamed_product_is_renamed_in_the_history_and_a_cancelled_order_leaves_it(shop):
    product = shop.create_product("Teapot")
    order = shop.order(product)
    eventually(lambda: shop.history_of(product), within=15)

    status, _ = shop.staff("PATCH", f"/api/v1/products/{product}/", {"title": "Samovar"})
    assert status == 200
    eventually(lambda: shop.history_of(product)[0]["title"] == "Samovar", within=15)

    status, _ = shop.customer("POST", f"/api/v1/orders/{order}/cancel/")
    assert status == 200
    eventually(lambda: shop.history_of(product) == [], within=15)


def test_who_has_just_ordered_sees_it_in_the_next_answer(shop):
    product = shop.create_product("Teapot")
    path = "/api/v1/order-history/me/products/?wait=10&after="

    for number in range(1, 4):
        order = shop.order(product)
        status, answer = shop.customer("GET", f"{path}orders.{order}.1", timeout=15)

        assert (status, answer["applied"]) == (200, True)
        [row] = [row for row in answer["results"] if row["product_id"] == product]
        assert row["times_ordered"] == number
