from decimal import Decimal

import pytest
from django.utils import timezone

from products.operations import change_product, create_product, withdraw_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def teapot():
    return create_product(title="Teapot <1>", price=Decimal("12.50"), currency="EUR")


def test_the_catalogue_shows_what_is_sold_by_title(client, teapot):
    create_product(title="Lamp", price=Decimal("3"))
    gone = create_product(title="Gone", price=Decimal("3"))
    withdraw_product(product_id=gone.id, at=timezone.now())

    page = client.get("/").text

    assert page.index("Lamp") < page.index("Teapot &lt;1&gt;")
    assert "€12.50" in page
    assert "Gone" not in page


def test_a_search_finds_titles_in_any_case(client, teapot):
    assert "€12.50" in client.get("/?q=teaPOT").text
    assert "Nothing with that in its title" in client.get("/?q=lamp").text


@pytest.mark.parametrize("query", ["q=a%00b", f"q={'x' * 201}", "after=nonsense", "after=", "q=%ff"])
def test_no_query_breaks_the_catalogue(client, teapot, query):
    assert client.get(f"/?{query}").status_code in {200, 404}


def test_show_more_leads_through_everything_once(client):
    for number in range(60):
        create_product(title=f"Thing {number // 2:02}", price=Decimal(1))

    seen, address = [], "/"
    while address:
        context = client.get(address).context
        seen += [product.id for product in context["products"]]
        address = context["next"] and f"/?{context['next']}"

    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize("renamed", ["Aaa", "Zzz"])
def test_show_more_goes_on_where_it_was_when_the_last_one_is_renamed(client, renamed):
    for number in range(30):
        create_product(title=f"Thing {number:02}", price=Decimal(1))
    first = client.get("/").context
    change_product(product_id=first["products"][-1].id, title=renamed)

    then = client.get(f"/?{first['next']}").context["products"]

    expected = [f"Thing {number}" for number in range(24, 30)]
    assert [product.title for product in then if product.title != renamed] == expected


def test_a_product_has_a_page_and_a_withdrawn_one_says_so(client, teapot):
    assert "Add to basket" in client.get(f"/products/{teapot.id}/").text

    withdraw_product(product_id=teapot.id, at=timezone.now())

    page = client.get(f"/products/{teapot.id}/").text
    assert "no longer sold" in page
    assert "Add to basket" not in page


def test_a_product_that_does_not_exist_is_not_found(client):
    assert client.get("/products/00000000-0000-0000-0000-000000000000/").status_code == 404


def test_a_product_without_picture_says_so_and_one_with_shows_small_copies(client, teapot):
    assert "No picture" in client.get("/").text

    teapot.image = "products/x.png"
    teapot.save()

    page = client.get("/").text
    assert "/media/thumbnails/320/products/x.png.webp 320w" in page
    assert 'loading="lazy"' in page
    assert 'width="640" height="640"' in page


def test_pictures_that_somebody_else_serves_are_shown_as_they_are(client, teapot, settings):
    settings.MEDIA_THUMBNAILS, settings.MEDIA_URL = False, "https://pictures.example/"
    teapot.image = "products/x.png"
    teapot.save()

    page = client.get("/").text
    assert 'src="https://pictures.example/products/x.png"' in page
    assert "srcset" not in page
