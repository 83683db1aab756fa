import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from rest_framework.test import APIClient

from products.models import Product
from tests.problems import invalid_fields

PRODUCTS = "/api/v1/products/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return APIClient()


@pytest.fixture
def catalogue():
    """25 products, in ties of three by title, price and time."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    Product.objects.unguarded().bulk_create(
        Product(
            title=f"Cup {n // 3}",
            folded_title=f"cup {n // 3}",
            price=Decimal(n // 3),
            currency="EUR",
            created_at=at + timedelta(days=n // 3),
        )
        for n in range(25)
    )


def all_pages(client, **query):
    rows, answer = [], client.get(PRODUCTS, query).json()
    while answer["next"]:
        rows += answer["results"]
        answer = client.get(answer["next"]).json()
    return rows + answer["results"]


@pytest.mark.parametrize("order", ["title", "price", "-price", "newest"])
def test_the_pages_hold_every_row_once_in_order(client, catalogue, order):
    rows = all_pages(client, order=order, page_size=4)

    assert len({row["id"] for row in rows}) == len(rows) == 25
    prices = [Decimal(row["price"]) for row in rows]
    assert prices == sorted(prices, reverse=order in ("-price", "newest"))


def test_what_comes_meanwhile_shifts_nothing(client, catalogue):
    first = client.get(PRODUCTS, {"page_size": 20}).json()
    Product.objects.unguarded().bulk_create([Product(title="Ashtray", price=1, currency="EUR")])

    second = client.get(first["next"]).json()

    assert len({row["id"] for row in first["results"] + second["results"]}) == 25


def test_a_page_costs_one_query(client, catalogue, django_assert_num_queries):
    first = client.get(PRODUCTS, {"page_size": 20, "search": "cup", "price_min": "1"}).json()

    with django_assert_num_queries(1):
        client.get(first["next"])


def cursor_of(answer):
    return parse_qs(urlsplit(answer.json()["next"]).query)["cursor"][0]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "p=foo",
        "\ud7ff",
        base64.b64encode(b"p=foo").decode(),
        base64.b64encode(b"p=%00").decode(),
        base64.b64encode(b"o=999999999").decode(),
        base64.b64encode(b"o=-1&r=1").decode(),
        "eyJ4IjoxfQ:1:x",
        "x" * 1001,
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(client, cursor):
    response = client.get(PRODUCTS, {"cursor": cursor})

    assert response.status_code == 400
    assert invalid_fields(response) == {"cursor"}


@pytest.mark.parametrize(
    "path", [f"{PRODUCTS}?cursor=%00", f"{PRODUCTS}?search=%00", f"{PRODUCTS}?cursor=%ff"]
)
def test_a_damaged_query_is_refused(client, path):
    assert client.get(path).status_code == 400


def test_a_cursor_that_was_tampered_with_is_refused(client, catalogue):
    cursor = cursor_of(client.get(PRODUCTS, {"page_size": 4}))
    where = len(cursor) // 2
    other = "A" if cursor[where] != "A" else "B"

    assert client.get(PRODUCTS, {"cursor": cursor[:where] + other + cursor[where + 1 :]}).status_code == 400
    assert client.get(PRODUCTS, {"cursor": cursor[:-1]}).status_code == 400


def test_a_cursor_goes_with_one_order(client, catalogue):
    cursor = cursor_of(client.get(PRODUCTS, {"page_size": 4, "order": "price"}))

    response = client.get(PRODUCTS, {"cursor": cursor, "order": "-price"})

    assert response.status_code == 400
    assert response.json()["detail"] == "This one goes with order=price, not -price."


def test_a_cursor_with_values_of_an_older_release_is_refused(client):
    cursor = signing.dumps(["price", "dear", "x"], salt="rest.pagination")

    assert client.get(PRODUCTS, {"cursor": cursor, "order": "price"}).status_code == 400


def test_everything_that_is_wrong_is_named_at_once(client):
    wrong = {
        "page_size": 101,
        "search": "x" * 201,
        "price_min": "-1",
        "price_max": "NaN",
        "currency": "euro",
        "withdrawn": "perhaps",
        "order": "id",
    }

    assert invalid_fields(client.get(PRODUCTS, wrong)) == set(wrong)
