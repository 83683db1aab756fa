from datetime import timedelta

import pytest
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from order_history.models import OrderedProduct
from tests.delivering import NOW
from tests.order_history.facts import ANN, BOB, TEAPOT, day, id_of, placed, product

pytestmark = pytest.mark.django_db(databases=["order_history"])


def ask(client, asking=ANN, about=ANN, staff=False, **query):
    token = AccessToken()
    token["user_id"], token["is_staff"] = str(asking), staff
    return client.get(
        f"/api/v1/order-history/users/{about}/products/", query, headers={"Authorization": f"Bearer {token}"}
    )


def with_products(count, user=ANN):
    at = day(1)
    OrderedProduct.objects.bulk_create(
        OrderedProduct(
            user_id=user,
            product_id=id_of(f"product {n}"),
            first_ordered_at=at,
            last_ordered_at=at + timedelta(days=n // 3),  # ties of three
            times_ordered=1,
            quantity=1,
        )
        for n in range(count)
    )


def test_a_user_reads_the_title_and_image_of_what_they_ordered(given, client: Client):
    given(product(), placed(teapot=2))

    answer = ask(client)

    assert answer.json()["results"] == [
        {
            "product_id": str(TEAPOT),
            "title": "Teapot",
            "image": "/media/products/teapot.png",
            "first_ordered_at": "2026-01-01T00:00:00Z",
            "last_ordered_at": "2026-01-01T00:00:00Z",
            "times_ordered": 1,
            "quantity": 2,
        }
    ]


def test_what_has_not_been_heard_of_yet_is_null(given, client):
    given(placed())

    [row] = ask(client).json()["results"]

    assert (row["title"], row["image"]) == (None, None)


@pytest.mark.parametrize(
    ("asking", "staff", "status"), [(ANN, False, 200), (BOB, False, 404), (BOB, True, 200)]
)
def test_only_the_user_and_staff_see_a_history(client, asking, staff, status):
    assert ask(client, asking=asking, staff=staff).status_code == status


def test_nobody_sees_a_history_without_a_token(client):
    assert client.get(f"/api/v1/order-history/users/{ANN}/products/").status_code == 401


def test_the_pages_hold_every_product_once_newest_first(client):
    with_products(25)

    seen, answer = [], ask(client, page_size=4).json()
    while True:
        seen += answer["results"]
        if answer["next"] is None:
            break
        query = dict(pair.split("=") for pair in answer["next"].split("?")[1].replace("%3D", "").split("&"))
        answer = ask(client, page_size=4, cursor=query["cursor"] + "=" * (-len(query["cursor"]) % 4)).json()

    assert len({row["product_id"] for row in seen}) == len(seen) == 25
    times = [row["last_ordered_at"] for row in seen]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        {"page_size": "0" * 40 + "50"},
        {"page_size": 0},
        {"page_size": 101},
        {"page_size": "x"},
        {"cursor": "x"},
    ],
)
def test_a_page_that_cannot_be_is_refused(client, query):
    assert ask(client, **query).status_code == 400


@pytest.mark.parametrize("count", [10, 1_000])
def test_a_page_costs_two_queries_however_many_products(client, count, django_assert_num_queries):
    with_products(count)

    with django_assert_num_queries(2, using="order_history"):
        ask(client, page_size=100)


def test_the_answer_says_up_to_when_it_is_complete(wire, client, one_partition):
    wire.send(watermarks=[{"topic": "orders", "partition": 0, "head": 0, "sent": 0, "as_of": NOW}])

    answer = ask(client)

    assert answer.json()["complete_as_of"] == answer["Complete-As-Of"].replace("+00:00", "Z")
    assert answer.json()["complete_as_of"] == "2026-03-01T12:00:00Z"


def test_the_answer_is_not_called_complete_while_a_partition_is_unheard_of(wire, client):
    wire.send(watermarks=[{"topic": "orders", "partition": 0, "head": 0, "sent": 0, "as_of": NOW}])

    assert ask(client).json()["complete_as_of"] is None
