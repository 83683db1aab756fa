import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from event_bus.inbox.models import Checkpoint
from order_history.models import OrderedProduct
from storefront.visitor import COOKIE, remember
from tests.order_history.facts import ANN, BOB, LAMP, TEAPOT, cancelled, day, erased, id_of, placed, product

pytestmark = pytest.mark.django_db(databases=["order_history"])

ADDRESS = "/your-products/"


@pytest.fixture
def look(client):
    """Looks at Your products as Ann, or as somebody else."""

    def look(query="", user_id=ANN):
        from django.http import HttpResponse

        response = HttpResponse()
        remember(response, user_id=user_id, at=timezone.now())
        client.cookies[COOKIE] = response.cookies[COOKIE].value
        return client.get(f"{ADDRESS}{query}")

    return look


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("order_history.pages.news.FIRST_WAIT", 0)


def news(order, version=1, kind="ordered", look=0, product_ids=(TEAPOT,)):
    named = "".join(f"&product={product_id}" for product_id in product_ids)
    return (
        f"?news={kind}&after=orders.{order.order_id}.{version}{named}&products={len(product_ids)}&look={look}"
    )


def test_a_customer_sees_picture_title_and_when_of_what_they_ordered(given, look):
    given(product(), placed(order="first", at=1), placed(order="second", at=5))

    page = look().text

    assert "Teapot" in page
    assert "/media/thumbnails/320/products/teapot.png.webp" in page
    assert "2 times, last on" in page
    assert "5 Jan 2026" in page
    assert "1 Jan 2026" in page


def test_the_newest_comes_first(given, look):
    given(product(), product(LAMP, "Lamp"), placed(teapot=1, at=1), placed(order="second", lamp=1, at=2))

    page = look().text

    assert page.index("Lamp") < page.index("Teapot")


def test_nobody_else_sees_it(given, look):
    given(product(), placed())

    assert "Teapot" not in look(user_id=BOB).text


def test_signed_out_the_page_says_to_sign_in_and_comes_back(client):
    answer = client.get(f"{ADDRESS}?q=tea")

    assert answer.status_code == 403
    assert 'href="/sign-in/?next=%2Fyour-products%2F%3Fq%3Dtea"' in answer.text


def test_the_way_to_sign_in_may_be_elsewhere(client, settings):
    settings.SIGN_IN_URL = "https://shop.example/sign-in/"

    assert 'href="https://shop.example/sign-in/?next=' in client.get(ADDRESS).text


def test_no_cache_keeps_what_somebody_ordered(look):
    assert "no-store" in look()["Cache-Control"]


def test_a_product_whose_details_have_not_arrived_is_said_to_be_on_its_way(given, look):
    given(placed())

    page = look().text

    assert "are on their way" in page
    assert "A product you ordered" in page


def test_a_product_without_picture_says_so(given, look):
    given(product(image=None), placed())

    assert "No picture" in look().text


def test_a_title_is_text_and_nothing_else(given, look):
    given(product(title="<script>alert(1)</script>"), placed())

    assert "<script>alert(1)" not in look().text


def test_a_search_finds_titles_in_any_case(given, look):
    given(product(), product(LAMP, "Lamp"), placed(teapot=1, lamp=1))

    page = look("?q=TEA").text
    assert "Teapot" in page
    assert "Lamp" not in page
    assert "Nothing with that in its title" in look("?q=kettle").text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?q=a%00b", 200),
        (f"?q={'x' * 300}", 200),
        ("?cursor=nonsense", 400),
        ("?cursor=", 400),
        ("?news=ordered", 200),
        ("?news=ordered&after=nonsense&look=x", 200),
        ("?news=ordered&after=others.c916936f-9490-5fa1-b01d-aaf2e1cf57e3.1", 200),
        ("?news=<script>&after=orders.c916936f-9490-5fa1-b01d-aaf2e1cf57e3.1", 200),
        (
            "?news=ordered&after=orders.c916936f-9490-5fa1-b01d-aaf2e1cf57e3.1&product=x&products=-5&look=12345",
            200,
        ),
    ],
)
def test_no_query_breaks_the_page(look, query, status):
    answer = look(query)

    assert answer.status_code == status
    assert "<script>&" not in answer.text


def test_show_more_leads_through_everything_once(look):
    OrderedProduct.objects.bulk_create(
        OrderedProduct(
            user_id=ANN,
            product_id=id_of(f"product {n}"),
            first_ordered_at=day(1),
            last_ordered_at=day(1) + timedelta(days=n // 3),
            times_ordered=1,
            quantity=1,
        )
        for n in range(60)
    )

    seen, query = [], ""
    while query is not None:
        page = look(query)
        seen += [row.product_id for row in page.context["rows"]]
        query = f"?{page.context['next']}" if page.context["next"] else None

    assert len(seen) == len(set(seen)) == 60


def test_an_order_that_has_arrived_is_thanked_for(given, look):
    order = placed()
    given(product(), order)

    page = look(news(order)).text

    assert "Thank you." in page
    assert "on its way to this page" not in page
    assert "refresh" not in page


def test_an_order_that_has_not_arrived_is_on_its_way_and_the_page_looks_again(given, look):
    given(product())

    page = look(news(placed())).text

    assert "on its way to this page" in page
    assert "Teapot" in page
    assert "Thank you." not in page
    [pause, address] = re.search(r'http-equiv="refresh" content="(\d+);url=([^"]+)"', page).groups()
    assert (pause, "look=1" in address) == ("1", True)
    assert f'data-next="{address}"' in page


def test_what_has_no_title_yet_is_counted(look):
    page = look(news(placed(), product_ids=(TEAPOT, LAMP))).text

    assert "2 products" in page


def test_looking_again_ends_with_an_honest_sentence(look):
    page = look(news(placed(), look=99)).text

    assert "has not come to this page yet" in page
    assert "It is safe" in page
    assert "refresh" not in page


def test_a_cancellation_that_has_not_arrived_is_not_pretended(given, look):
    order = placed()
    given(product(), order)

    page = look(news(order, version=2, kind="cancelled")).text

    assert "this page does not know it yet" in page
    assert "Ordered on" in page


def test_a_cancellation_that_has_arrived_is_told(given, look):
    order = placed()
    given(product(), order, cancelled(order))

    page = look(news(order, version=2, kind="cancelled")).text

    assert "Your order is cancelled." in page
    assert "Nothing yet" in page


def test_of_an_erased_customer_nothing_is_left(given, look):
    given(product(), placed(), erased())

    assert "Teapot" not in look().text


def test_a_page_that_may_be_incomplete_says_so(look):
    assert "something may be missing" in look().text


def heard_of_everything(settings, *, as_of):
    Checkpoint.objects.all().delete()
    for topic in ("orders", "products", "users"):
        for number in range(settings.EVENT_BUS["PARTITIONS"]):
            Checkpoint.objects.create(
                subscription="order_history", topic=topic, partition=number, complete_as_of=as_of
            )


def test_a_page_says_up_to_when_it_is_complete(given, look, settings):
    given(product())
    now = timezone.now()
    heard_of_everything(settings, as_of=now)
    assert f"{now:%H:%M:%S}" in look().text
    assert "has not been heard from" not in look().text

    Checkpoint.objects.update(complete_as_of=now - timedelta(hours=1))
    page = look().text
    assert f"{now - timedelta(hours=1):%H:%M} UTC" in page
    assert "The shop has not been heard from since" in page


def test_waiting_never_takes_a_user_who_was_never_heard_of_for_somebody(look):
    assert "Nothing yet" in look(user_id=uuid4()).text
