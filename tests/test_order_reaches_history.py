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
