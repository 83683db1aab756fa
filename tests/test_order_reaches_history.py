"""The whole way of an order: real web server, broker, workers and beat."""

import pytest

from tests.shopping import Shop, eventually


@pytest.fixture
def shop(live_stack):
    shop = Shop(live_stack)
    live_stack.start("relay", "history", "beat")
    shop.open()
    return shop


def test_an_order_reaches_the_history(shop):
    product = shop.create_product("Teapot")

    shop.order(product, quantity=2)

    [row] = eventually(shop.history, within=15)
    assert (row["product_id"], row["title"], row["image"]) == (product, "Teapot", None)
    assert (row["times_ordered"], row["quantity"]) == (1, 2)


def test_a_renamed_product_is_renamed_in_the_history_and_a_cancelled_order_leaves_it(shop):
    product = shop.create_product("Teapot")
    order = shop.order(product)
    eventually(shop.history, within=15)

    status, _ = shop.staff("PATCH", f"/api/v1/products/{product}/", {"title": "Samovar"})
    assert status == 200
    eventually(lambda: shop.history()[0]["title"] == "Samovar", within=15)

    status, _ = shop.customer("POST", f"/api/v1/orders/{order}/cancel/")
    assert status == 200
    eventually(lambda: shop.history() == [], within=15)
