import base64
from datetime import timedelta

import pytest
from django.test import Client
from rest_framework_simplejwt.tokens import AccessToken

from order_history import applied
from order_history.models import OrderedProduct
from tests.delivering import NOW
from tests.order_history.facts import (
    ANN,
    BOB,
    LAMP,
    TEAPOT,
    cancelled,
    day,
    erased,
    id_of,
    placed,
    product,
)
from tests.problems import invalid_fields

pytestmark = pytest.mark.django_db(databases=["order_history"])


HISTORY = "/api/v1/order-history"


def ask(client, asking=ANN, about=ANN, staff=False, path=None, if_none_match=None, **query):
    token = AccessToken()
    token["user_id"], token["is_staff"] = str(asking), staff
    headers = {"Authorization": f"Bearer {token}"}
    if if_none_match:
        headers["If-None-Match"] = if_none_match
    return client.get(path or f"{HISTORY}/users/{about}/products/", query, headers=headers)


def titles(answer):
    return [row["title"] for row in answer.json()["results"]]


def cursor(time, product_id):
    return base64.urlsafe_b64encode(f"{time} {product_id}".encode()).decode()


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
    assert client.get(f"{HISTORY}/users/{ANN}/products/").status_code == 401
    assert client.get(f"{HISTORY}/me/products/").status_code == 401


def test_me_is_whoever_asks(given, client):
    given(product(), placed(), placed("order 2", user=BOB, teapot=7))

    mine = ask(client, path=f"{HISTORY}/me/products/")

    assert mine.json() == ask(client).json()
    assert [row["quantity"] for row in mine.json()["results"]] == [1]


def test_a_token_of_no_user_of_ours_is_refused(client):
    assert ask(client, asking="everybody", path=f"{HISTORY}/me/products/").status_code == 401


def test_the_pages_hold_every_product_once_newest_first(client):
    with_products(25)

    seen, answer = [], ask(client, page_size=4).json()
    while answer["next"]:
        seen += answer["results"]
        answer = ask(client, path=answer["next"]).json()
    seen += answer["results"]

    assert len({row["product_id"] for row in seen}) == len(seen) == 25
    times = [row["last_ordered_at"] for row in seen]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        {"page_size": "9" * 2000},
        {"page_size": 0},
        {"page_size": 101},
        {"page_size": "x"},
        {"cursor": "x"},
        {"cursor": "p=foo"},
        {"cursor": "\0"},
        {"cursor": "é"},
        {"cursor": "MjAyNi0wMS0wMSAx"},
        {"cursor": cursor("2026-01-01T00:00:00", TEAPOT)},
        {"cursor": cursor("0001-01-01T00:00:00+14:00", TEAPOT)},
        {"cursor": cursor("2026-01-01T00:00:00+00:00", "\0")},
        {"title": "\0"},
        {"title": "x" * 201},
        {"ordered_after": "yesterday"},
        {"ordered_after": "2026-01-01"},
        {"ordered_before": "2026-01-01T00:00:00"},
        {"ordered_before": "2026-01-01T00:00:00 01:00"},
        {"ordered_before": "0001-01-01T00:00:00+14:00"},
        {"after": "x"},
        {"after": f"reviews.{ANN}.1"},
        {"after": f"orders.{ANN}.{2**31}"},
        {"wait": "-1"},
        {"wait": "11"},
        {"wait": "nan"},
        {"wait": "soon"},
    ],
)
def test_what_cannot_be_is_refused(client, query):
    assert ask(client, **query).status_code == 400


def test_everything_that_is_wrong_is_named_at_once(client):
    wrong = {
        "page_size": 0,
        "cursor": "x",
        "title": "x" * 201,
        "after": "x",
        "wait": 11,
        "ordered_after": "x",
    }

    assert invalid_fields(ask(client, **wrong)) == set(wrong)


def test_the_first_and_the_last_moment_can_be_asked_for(client):
    at = {"ordered_after": "0001-01-01T00:00:00Z", "ordered_before": "9999-12-31T23:59:59.999999Z"}

    assert ask(client, **at).status_code == 200
    assert ask(client, cursor=cursor("0001-01-01T00:00:00+00:00", TEAPOT)).status_code == 200


@pytest.mark.parametrize("count", [10, 1_000])
def test_a_page_costs_one_query_however_many_products(client, count, django_assert_num_queries):
    with_products(count)

    with django_assert_num_queries(1, using="order_history"):
        ask(client, page_size=100, title="t", ordered_after="2026-01-01T00:00:00Z")


def test_the_answer_says_up_to_when_it_is_complete(wire, client, one_partition):
    wire.send(watermarks=[{"topic": "orders", "partition": 0, "head": 0, "sent": 0, "as_of": NOW}])

    answer = ask(client)

    assert answer.json()["complete_as_of"] == answer["Complete-As-Of"].replace("+00:00", "Z")
    assert answer.json()["complete_as_of"] == "2026-03-01T12:00:00Z"


def test_the_answer_is_not_called_complete_while_a_partition_is_unheard_of(wire, client):
    wire.send(watermarks=[{"topic": "orders", "partition": 0, "head": 0, "sent": 0, "as_of": NOW}])

    assert ask(client).json()["complete_as_of"] is None


@pytest.fixture
def three_days(given):
    """A teapot on the 1st and the 5th, a lamp on the 3rd."""
    given(product(), product(LAMP, "Öl-Lampe 50 %"), placed(at=1), placed("order 2", at=5))
    given(placed("order 3", at=3, lamp=1))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"ordered_after": "2026-01-05T00:00:00Z"}, ["Teapot"]),
        ({"ordered_after": "2026-01-05T00:00:00+01:00"}, ["Teapot"]),
        ({"ordered_after": "2026-01-05T00:00:00-01:00"}, []),
        ({"ordered_before": "2026-01-05T00:00:00Z"}, ["Öl-Lampe 50 %"]),
        ({"ordered_after": "2026-01-03T00:00:00Z", "ordered_before": "2026-01-05T00:00:01Z"}, None),
    ],
)
def test_a_product_is_filtered_by_when_it_was_last_ordered(three_days, client, query, found):
    assert titles(ask(client, **query)) == (["Teapot", "Öl-Lampe 50 %"] if found is None else found)


@pytest.mark.parametrize("part", ["öl-lamp", "ÖL-LAMP", "O\u0308L", "50 %", "LaMpE", " lampe "])
def test_a_part_of_the_title_is_found_in_upper_and_lower_case(three_days, client, part):
    assert titles(ask(client, title=part)) == ["Öl-Lampe 50 %"]


@pytest.mark.parametrize("part", ["%", "_", "ol", "\\", "é", "'"])
def test_a_title_is_taken_literally(given, client, part):
    given(product(), placed())

    assert titles(ask(client, title=part)) == []


def test_a_sharp_s_is_found_in_capitals(given, client):
    given(product(title="Straußenei"), placed())

    assert titles(ask(client, title="STRAUSS")) == ["Straußenei"]


def test_without_a_title_to_look_for_what_has_none_is_found_too(given, client):
    given(placed())

    assert titles(ask(client, title="")) == [None]
    assert titles(ask(client, title="t")) == []


def test_the_filter_stays_while_turning_pages(client, given):
    given(*[product(id_of(f"product {n}"), f"Cup {n % 2}") for n in range(6)])
    with_products(6)

    first = ask(client, title="cup 1", page_size=2).json()
    second = ask(client, path=first["next"]).json()

    assert [row["title"] for row in first["results"] + second["results"]] == ["Cup 1"] * 3
    assert second["next"] is None


ORDER_1 = f"orders.{id_of('order 1')}.1"


def test_a_read_says_whether_it_shows_the_write(given, client):
    before = ask(client, after=ORDER_1)
    given(placed())
    after = ask(client, after=ORDER_1, wait=2)

    assert (before.json()["applied"], before["Consistency-Applied"]) == (False, "false")
    assert (after.json()["applied"], after["Consistency-Applied"]) == (True, "true")
    assert len(after.json()["results"]) == 1


def test_a_read_waits_for_the_write(given, client, monkeypatch):
    monkeypatch.setattr(applied.time, "sleep", lambda seconds: given(placed()))

    answer = ask(client, after=ORDER_1, wait=2).json()

    assert answer["applied"] is True
    assert len(answer["results"]) == 1


def test_who_asks_for_no_write_is_told_of_none(client):
    answer = ask(client, wait=2)

    assert answer.json()["applied"] is None
    assert "Consistency-Applied" not in answer


def test_a_stranger_does_not_wait(client, monkeypatch):
    monkeypatch.setattr(applied.time, "sleep", lambda seconds: pytest.fail("waited"))

    assert ask(client, asking=BOB, after=ORDER_1, wait=2).status_code == 404


def test_a_client_that_holds_the_page_is_told_so_and_how_fresh_it_is(wire, client, one_partition):
    wire.deliver(placed())
    first = ask(client)
    wire.send(watermarks=[{"topic": "orders", "partition": 0, "head": 1, "sent": 1, "as_of": NOW}])

    again = ask(client, if_none_match=first["ETag"], after=ORDER_1)

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert (first["Complete-As-Of"], again["Complete-As-Of"]) == ("unknown", NOW.isoformat())
    assert again["Consistency-Applied"] == "true"
    assert again["Cache-Control"] == first["Cache-Control"] == "private, no-cache"
    assert "Authorization" in again["Vary"]


@pytest.mark.parametrize(
    "event", [placed("order 2", teapot=1), product(title="Samovar", version=2), cancelled(placed())]
)
def test_a_page_that_changed_is_sent_anew(given, client, event):
    given(product(), placed())
    etag = ask(client)["ETag"]

    given(event)

    assert ask(client, if_none_match=etag).status_code == 200


def test_an_etag_is_compared_weakly_and_among_others(given, client):
    given(placed())
    etag = ask(client)["ETag"]

    assert etag.startswith('W/"')
    for named in (f'"x", {etag}', etag.removeprefix("W/"), "*"):
        assert ask(client, if_none_match=named).status_code == 304
    for named in ('"x"', etag.strip('W/"'), ","):
        assert ask(client, if_none_match=named).status_code == 200


def test_an_erased_user_holds_nothing_any_more(given, client):
    given(placed())
    etag = ask(client)["ETag"]

    given(erased())

    assert ask(client, if_none_match=etag).json()["results"] == []
