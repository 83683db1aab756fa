import re
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import CANCELLABLE_FOR, Order
from orders.operations import LineToOrder, place_order
from products.operations import change_product, create_product, withdraw_product
from storefront.basket import Basket
from users.operations import sign_up


@pytest.fixture
def page(client, user):
    """A browser in which Ada is signed in."""
    client.force_login(user)
    return client


def put(client, product, quantity=1, **more):
    return client.post("/basket/add/", {"product": product.id, "quantity": quantity, **more})


def basket_of(client) -> dict:
    return Basket.parse(client.cookies["basket"].value).quantities if "basket" in client.cookies else {}


def checkout(client) -> dict[str, str]:
    """What the button on the basket's page sends."""
    return dict(re.findall(r'name="(key|basket|total)" value="([^"]+)"', client.get("/basket/").text))


def ordered(user, *products, days_ago=0):
    lines = [LineToOrder(product.id, 1) for product in products]
    return place_order(user_id=user.id, lines=lines, at=timezone.now() - timedelta(days=days_ago))


def test_a_basket_is_filled_without_an_account(client, lamp):
    answer = put(client, lamp, 2, next="/?q=lamp")

    assert answer["Location"] == "/?q=lamp"
    assert basket_of(client) == {lamp.id: 2}
    page = client.get("/basket/").text
    assert "$25.00" in page
    assert "Sign in to order" in page


@pytest.mark.parametrize(
    "wish",
    [{"quantity": 0}, {"quantity": -1}, {"quantity": 100}, {"quantity": "many"}, {"product": "nonsense"}, {}],
)
def test_a_wish_that_makes_no_sense_changes_nothing(client, lamp, wish):
    client.post("/basket/add/", {"product": lamp.id, "quantity": 1} | wish if wish else {})

    assert basket_of(client) == {}
    assert "From 1 to 99 pieces can be put into the basket at once." in client.get("/basket/").text


def test_what_is_not_sold_is_not_put_into_the_basket(client, lamp):
    withdraw_product(product_id=lamp.id, at=timezone.now())

    put(client, lamp)

    assert basket_of(client) == {}


def test_pieces_are_changed_and_taken_out(client, lamp, chair):
    put(client, lamp)
    put(client, chair)

    client.post("/basket/change/", {"product": lamp.id, "quantity": 7})
    client.post("/basket/change/", {"product": chair.id, "quantity": 0})

    assert basket_of(client) == {lamp.id: 7}


def test_the_way_back_is_one_of_ours(client, lamp):
    assert put(client, lamp, next="https://evil.example")["Location"] == "/basket/"


def test_a_way_back_that_is_also_the_name_of_a_page_is_an_address(client, lamp):
    assert put(client, lamp, next="order")["Location"] == "order"


def test_ordering_leads_to_your_products_with_a_consistency_token(page, user, lamp):
    put(page, lamp, 3)

    answer = page.post("/basket/order/", checkout(page))

    order = Order.objects.get()
    address = urlsplit(answer["Location"])
    assert address.path == "/your-products/"
    assert parse_qs(address.query) == {
        "news": ["ordered"],
        "after": [f"orders.{order.id}.1"],
        "product": [str(lamp.id)],
        "products": ["1"],
    }
    assert (order.user_id, [line.quantity for line in order.lines.all()]) == (user.id, [3])
    assert basket_of(page) == {}


def test_a_second_click_orders_nothing_more_and_shows_the_same(page, lamp):
    put(page, lamp)
    wish = checkout(page)

    first, second = page.post("/basket/order/", wish), page.post("/basket/order/", wish)

    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1


def test_a_price_that_changed_meanwhile_is_shown_before_anything_is_ordered(page, lamp):
    put(page, lamp)
    wish = checkout(page)
    change_product(product_id=lamp.id, price=Decimal("99"))

    answer = page.post("/basket/order/", wish)

    assert answer.status_code == 422
    assert "Prices have changed" in answer.text
    assert "$99.00" in answer.text
    assert not Order.objects.exists()


@pytest.mark.parametrize("change", ["price", "withdrawal"])
def test_a_second_click_finds_the_order_whatever_has_changed_since(page, lamp, change):
    """The answer to the first was lost on its way."""
    put(page, lamp)
    wish = checkout(page)
    first = page.post("/basket/order/", wish)
    if change == "price":
        change_product(product_id=lamp.id, price=Decimal("99"))
    else:
        withdraw_product(product_id=lamp.id, at=timezone.now())

    again = page.post("/basket/order/", wish)

    assert again["Location"] == first["Location"]
    assert Order.objects.count() == 1


def test_what_was_put_into_the_basket_since_stays_there(page, lamp, chair):
    put(page, lamp, 2)
    wish = checkout(page)
    put(page, chair)
    put(page, lamp)

    page.post("/basket/order/", wish)

    assert basket_of(page) == {lamp.id: 1, chair.id: 1}


def test_what_is_no_longer_sold_is_named_and_hinders_the_order(page, lamp, chair):
    put(page, lamp)
    put(page, chair)
    withdraw_product(product_id=chair.id, at=timezone.now())

    shown = page.get("/basket/").text
    assert "No longer sold" in shown
    assert "Order now" not in shown

    wish = {"key": uuid4(), "basket": page.cookies["basket"].value, "total": "12.5"}
    answer = page.post("/basket/order/", wish)
    assert "take out what is no longer sold" in answer.text
    assert not Order.objects.exists()


def test_one_order_has_one_currency(page, lamp):
    put(page, lamp)
    put(page, create_product(title="Stuhl", price=Decimal("1"), currency="EUR"))

    answer = page.post("/basket/order/", checkout(page))

    assert "one order, one currency" in answer.text
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "wish", [{}, {"key": "x", "basket": "y", "total": "z"}, {"key": str(uuid4()), "basket": "x", "total": 0}]
)
def test_an_order_that_makes_no_sense_orders_nothing(page, wish):
    assert page.post("/basket/order/", wish).status_code == 422
    assert not Order.objects.exists()


def test_nobody_orders_without_signing_in(client, lamp):
    put(client, lamp)
    wish = {"key": uuid4(), "basket": client.cookies["basket"].value, "total": "12.5"}

    assert client.post("/basket/order/", wish)["Location"] == "/sign-in/?next=/basket/"
    assert not Order.objects.exists()


def test_orders_are_listed_newest_first_with_what_they_cost(page, user, lamp, chair):
    ordered(user, lamp, days_ago=2)
    ordered(user, lamp, chair)

    shown = page.get("/orders/").text

    assert shown.index("$92.50") < shown.index("$12.50")


def test_show_more_leads_through_all_orders_once(page, user, lamp):
    for day in range(45):
        ordered(user, lamp, days_ago=day // 2)

    seen, address = [], "/orders/"
    while address:
        context = page.get(address).context
        seen += [shown.order.id for shown in context["orders"]]
        address = context["next"] and f"/orders/?before={context['next']}"

    assert len(seen) == len(set(seen)) == 45


def test_a_list_of_orders_takes_as_many_queries_whether_they_are_few_or_many(
    page, user, lamp, chair, django_assert_max_num_queries
):
    for _ in range(15):
        ordered(user, lamp, chair)

    with django_assert_max_num_queries(6):
        page.get("/orders/")


@pytest.mark.parametrize("address", ["/orders/{}/", "/orders/?before={}"])
def test_an_order_is_shown_to_its_customer_only(user, lamp, address):
    order = ordered(user, lamp)
    stranger = Client()
    stranger.force_login(sign_up(email="bob@example.com", password=None))

    assert stranger.get(address.format(order.id)).status_code == 404
    assert stranger.post(f"/orders/{order.id}/cancel/").status_code == 404
    assert Order.objects.get().cancelled_at is None


def test_cancelling_leads_to_your_products_with_the_token_of_the_cancellation(page, user, lamp):
    order = ordered(user, lamp)
    assert "Cancel this order" in page.get(f"/orders/{order.id}/").text

    answer = page.post(f"/orders/{order.id}/cancel/")

    query = parse_qs(urlsplit(answer["Location"]).query)
    assert (query["news"], query["after"]) == (["cancelled"], [f"orders.{order.id}.2"])
    assert "Cancel this order" not in page.get(f"/orders/{order.id}/").text


def test_what_can_no_longer_be_cancelled_says_why(page, user, lamp):
    order = ordered(user, lamp, days_ago=CANCELLABLE_FOR.days + 1)

    assert "that time is over" in page.get(f"/orders/{order.id}/").text
    assert "more than 14 days ago" in page.post(f"/orders/{order.id}/cancel/", follow=True).text
    assert Order.objects.get().cancelled_at is None


def test_whoever_has_to_sign_in_to_cancel_comes_back_to_the_order(client, user, lamp):
    order = ordered(user, lamp)

    answer = client.post(f"/orders/{order.id}/cancel/")

    assert urlsplit(answer["Location"]).path == "/sign-in/"
    assert parse_qs(urlsplit(answer["Location"]).query) == {"next": [f"/orders/{order.id}/"]}
