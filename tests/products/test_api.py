from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from products.models import Product
from products.operations import change_product, create_product, withdraw_product
from tests.problems import invalid_fields
from tests.products.announced import announced_types
from tests.products.pictures import upload

PRODUCTS = "/api/v1/products/"

pytestmark = pytest.mark.django_db


def address(product, verb=""):
    return f"{PRODUCTS}{product.id}/{verb}"


def test_everybody_reads_a_product(anonymous, product):
    response = anonymous.get(address(product))

    assert response.status_code == 200
    assert response["ETag"] == '"1"'
    assert response.json() == {
        "id": str(product.id),
        "title": "Lamp",
        "image": None,
        "price": "12.5000",
        "currency": "USD",
        "withdrawn": False,
        "version": 1,
    }


@pytest.mark.parametrize("id", [uuid4(), "nonsense"])
def test_an_unknown_product_is_not_found(anonymous, id):
    assert anonymous.get(f"{PRODUCTS}{id}/").status_code == 404


def test_the_list_has_a_cursor_and_can_be_searched(anonymous):
    for title in ("Red lamp", "Chair", "Blue lamp"):
        create_product(title=title, price=Decimal(1))

    first = anonymous.get(PRODUCTS, {"search": "LAMP", "page_size": 1}).json()
    second = anonymous.get(first["next"]).json()

    assert [product["title"] for product in first["results"]] == ["Blue lamp"]
    assert [product["title"] for product in second["results"]] == ["Red lamp"]
    assert second["next"] is None


def listed(client, **query):
    return [product["title"] for product in client.get(PRODUCTS, query).json()["results"]]


@pytest.mark.parametrize("words", ["öl lampe", "LAMPE ÖL", "öllampe", "O\u0308L", "50 %", " l  L "])
def test_the_words_of_a_search_all_stand_in_the_title_in_any_case(anonymous, words):
    create_product(title="Öllampe, 50 %", price=Decimal(1))
    create_product(title="Chair", price=Decimal(1))

    assert listed(anonymous, search=words) == ["Öllampe, 50 %"]


@pytest.mark.parametrize("words", ["%", "_", "lamp chair", "é", "'", "\\"])
def test_a_search_is_taken_literally(anonymous, product, words):
    assert listed(anonymous, search=words) == []


def test_a_search_finds_the_new_title_and_not_the_old_one(anonymous, product):
    change_product(product_id=product.id, title="ÖLLAMPE")

    assert listed(anonymous, search="ölla") == ["ÖLLAMPE"]
    change_product(product_id=product.id, title="Chair")
    assert listed(anonymous, search="ölla") == []


def test_a_search_of_a_thousand_words_is_refused(anonymous):
    assert anonymous.get(PRODUCTS, {"search": "a " * 1_200}).status_code == 400
    assert anonymous.get(PRODUCTS, {"search": "a " * 100}).status_code == 200


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"price_min": "2"}, ["Chair", "Desk"]),
        ({"price_max": "2"}, ["Bowl", "Chair"]),
        ({"price_min": "2", "price_max": "2.0"}, ["Chair"]),
        ({"currency": "EUR"}, ["Desk"]),
        ({"order": "-price"}, ["Desk", "Chair", "Bowl"]),
        ({"order": "newest"}, ["Chair", "Desk", "Bowl"]),
        ({"withdrawn": "true"}, []),
        ({"withdrawn": "", "search": "", "price_min": ""}, ["Bowl", "Chair", "Desk"]),
    ],
)
def test_the_list_is_filtered_and_ordered(anonymous, query, found):
    for title, price, currency in (("Bowl", 1, "USD"), ("Desk", 3, "EUR"), ("Chair", 2, "USD")):
        create_product(title=title, price=Decimal(price), currency=currency)

    assert listed(anonymous, **query) == found


def test_staff_filter_by_what_is_withdrawn(staff, product):
    create_product(title="Chair", price=Decimal(1))
    withdraw_product(product_id=product.id, at=datetime(2026, 3, 1, tzinfo=UTC))

    assert listed(staff, withdrawn="true") == ["Lamp"]
    assert listed(staff, withdrawn="false") == ["Chair"]


def test_a_client_that_holds_the_product_is_told_so(anonymous, product):
    etag = anonymous.get(address(product))["ETag"]

    again = anonymous.get(address(product), headers={"If-None-Match": etag})
    change_product(product_id=product.id, title="Big lamp")
    changed = anonymous.get(address(product), headers={"If-None-Match": etag})

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')


def test_a_withdrawn_product_is_listed_for_staff_only_but_can_be_looked_up(anonymous, staff, product):
    withdraw_product(product_id=product.id, at=datetime(2026, 3, 1, tzinfo=UTC))

    assert anonymous.get(PRODUCTS).json()["results"] == []
    assert len(staff.get(PRODUCTS).json()["results"]) == 1
    assert anonymous.get(address(product)).json()["withdrawn"] is True


def test_staff_create_a_product(staff):
    response = staff.post(PRODUCTS, {"title": "Lamp", "price": "12.50", "currency": "EUR"})

    assert response.status_code == 201
    assert Product.objects.get().currency == "EUR"
    assert announced_types()[-1] == "products.product_created.v1"


def test_staff_create_a_product_with_a_picture(staff):
    response = staff.post(PRODUCTS, {"title": "Lamp", "price": "1", "image": upload()}, format="multipart")

    assert response.status_code == 201
    image = response.json()["image"]
    assert image.startswith("http://testserver/media/products/")
    served = staff.get(image)
    assert (served.status_code, served["Content-Type"]) == (200, "image/png")
    served.close()


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, {"title", "price"}),
        ({"title": " ", "price": "-1", "currency": "euro"}, {"title", "price", "currency"}),
        ({"title": "x" * 201, "price": "1.00001"}, {"title", "price"}),
        ({"title": "Lamp", "price": "NaN", "image": "text"}, {"price", "image"}),
    ],
)
def test_an_invalid_product_names_every_field(staff, body, wrong):
    response = staff.post(PRODUCTS, body)

    assert response.status_code == 400
    assert invalid_fields(response) == wrong


def test_an_upload_that_is_no_picture_is_refused(staff, product):
    response = staff.patch(address(product), {"image": upload(b"<svg/>")}, format="multipart")

    assert response.status_code == 400
    assert invalid_fields(response) == {"image"}
    assert response.json()["detail"] == "not a PNG, JPEG, WebP or GIF picture"


def test_staff_change_the_version_that_they_know(staff, product):
    response = staff.patch(address(product), {"title": "Big lamp"}, headers={"If-Match": '"1"'})

    assert response.status_code == 200
    assert response["ETag"] == '"2"'
    assert response.json()["title"] == "Big lamp"


@pytest.mark.parametrize("etag", ['"7"', "nonsense"])
def test_a_change_with_a_stale_if_match_fails(staff, product, etag):
    response = staff.patch(address(product), {"title": "Big lamp"}, headers={"If-Match": etag})

    assert response.status_code == 412
    assert Product.objects.get().title == "Lamp"


def test_a_withdrawal_with_a_stale_if_match_fails(staff, product):
    stale = staff.post(address(product, "withdraw/"), headers={"If-Match": '"7"'})
    fresh = staff.post(address(product, "withdraw/"), headers={"If-Match": '"1"'})

    assert (stale.status_code, fresh.status_code) == (412, 200)


def test_staff_take_a_picture_away(staff):
    product = create_product(title="Lamp", price=Decimal(1), image=upload())

    response = staff.patch(address(product), {"image": None})

    assert response.json()["image"] is None


def test_staff_withdraw_a_product_once(staff, product):
    first = staff.post(address(product, "withdraw/"))
    second = staff.post(address(product, "withdraw/"))

    assert (first.status_code, second.status_code) == (200, 409)
    assert first.json()["withdrawn"] is True


def test_a_write_answers_with_a_consistency_token_and_a_read_does_not(staff):
    created = staff.post(PRODUCTS, {"title": "Lamp", "price": "1"})
    id = created.json()["id"]
    changed = staff.patch(f"{PRODUCTS}{id}/", {"title": "Big lamp"})
    withdrawn = staff.post(f"{PRODUCTS}{id}/withdraw/")

    tokens = [answer["Consistency-Token"] for answer in (created, changed, withdrawn)]
    assert tokens == [f"products.{id}.1", f"products.{id}.2", f"products.{id}.3"]
    assert "Consistency-Token" not in staff.get(f"{PRODUCTS}{id}/")


def test_an_unknown_product_cannot_be_changed(staff):
    assert staff.patch(f"{PRODUCTS}{uuid4()}/", {"title": "Lamp"}).status_code == 404
    assert staff.post(f"{PRODUCTS}{uuid4()}/withdraw/").status_code == 404


def test_only_staff_write(anonymous, customer, product):
    for client, refused in ((anonymous, 401), (customer, 403)):
        assert client.post(PRODUCTS, {"title": "Lamp", "price": "1"}).status_code == refused
        assert client.patch(address(product), {"title": "Mine"}).status_code == refused
        assert client.post(address(product, "withdraw/")).status_code == refused

    assert Product.objects.get().version == 1


def test_nobody_deletes_a_product(staff, product):
    assert staff.delete(address(product)).status_code == 405
