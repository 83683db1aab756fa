import json
import re
from pathlib import Path

import pytest
from django.db import OperationalError
from django.test import Client
from rest_framework.test import APIClient

from products.api.views import ProductViewSet
from rest import problems
from users.operations import sign_up

API = "/api/v1"
DOCS = Path(__file__).parents[2] / "docs" / "api.md"
SIGN_UP = f"{API}/users/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return APIClient(raise_request_exception=False)


@pytest.fixture
def customer(client):
    client.force_authenticate(sign_up(email="ann@example.com", password=None))
    return client


def assert_problem(response, status, type):
    assert response["Content-Type"] == "application/problem+json"
    assert int(response["Content-Length"]) == len(response.content)
    body = json.loads(response.content)
    assert (response.status_code, body["status"], body["type"]) == (status, status, f"/problems/{type}")
    assert body["title"]
    return body


@pytest.mark.parametrize(
    ("method", "path", "status", "type"),
    [
        ("get", "/users/me/", 401, "not-authenticated"),
        ("get", "/nowhere/", 404, "not-found"),
        ("get", "/products/%00/", 404, "not-found"),
        ("get", "/products/?search=%00", 400, "malformed"),
        ("get", "/products/?cursor=nonsense", 400, "invalid"),
        ("get", "/products/?page_size=0", 400, "invalid"),
        ("get", "/products/00000000-0000-0000-0000-000000000000/", 404, "not-found"),
        ("put", "/products/", 401, "not-authenticated"),
        ("delete", "/token/", 405, "method-not-allowed"),
    ],
)
def test_every_error_is_a_problem(client, method, path, status, type):
    assert_problem(getattr(client, method)(API + path), status, type)


def test_who_may_not_is_told_so(customer):
    assert_problem(customer.post(f"{API}/products/", {}), 403, "permission-denied")


def test_a_format_that_is_not_spoken_here(client):
    assert_problem(client.post(SIGN_UP, "a=b", content_type="text/csv"), 415, "unsupported-media-type")
    assert_problem(client.get(f"{API}/products/", headers={"Accept": "text/csv"}), 406, "not-acceptable")


def test_a_token_that_is_none(client):
    client.credentials(HTTP_AUTHORIZATION="Bearer nonsense")

    problem = assert_problem(client.get(f"{API}/users/me/"), 401, "token-not-valid")

    assert isinstance(problem["detail"], str)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 2_000 + b"]" * 2_000,
        b'{"a":' * 100_000,
        b"{",
        b"",
        b"[]",
        b'"x"',
        b"null",
        b"1" * 5_000,
        b"NaN",
        b'{"email": "\xff"}',
    ],
    ids=lambda body: body[:12],
)
def test_a_body_that_is_no_json_object_is_malformed(client, body):
    response = client.post(SIGN_UP, body, content_type="application/json")

    assert response.status_code == 400
    assert_problem(response, 400, "malformed" if body else "invalid")


def test_a_charset_that_is_none_is_malformed(client):
    response = client.post(SIGN_UP, b"{}", content_type="application/json; charset=bz2_codec")

    assert_problem(response, 400, "malformed")


def test_a_body_over_the_limit_is_too_large(client, settings):
    settings.MAX_BODY_BYTES = 100

    response = client.post(SIGN_UP, {"email": "a" * 100})

    assert "100 bytes" in assert_problem(response, 413, "too-large")["detail"]


@pytest.mark.parametrize(
    ("content_type", "limit"),
    [("application/x-www-form-urlencoded", 1_000_000), ("multipart/form-data", 11_000_000)],
)
def test_pages_take_no_more(content_type, limit):
    """Or anybody fills the disk: a form is read before anything is asked about who sent it."""
    answer = Client().post("/sign-in/", b"-" * (limit + 1), content_type=f"{content_type}; boundary=x")

    assert answer.status_code == 413
    assert "too large" in answer.text


@pytest.mark.parametrize("debug", [False, True])
def test_a_write_without_the_last_slash_is_to_be_sent_again_with_it(client, settings, debug):
    settings.DEBUG = debug

    answer = client.post(f"{API}/orders", {})

    assert (answer.status_code, answer["Location"]) == (308, f"{API}/orders/")


def test_nobody_between_keeps_an_answer(customer):
    assert customer.get(f"{API}/orders/")["Cache-Control"] == "private, no-cache"
    assert customer.post(f"{API}/token/", {})["Cache-Control"] == "no-store"
    assert "private" in Client().get("/")["Cache-Control"]


def test_what_is_not_valid_is_named_all_at_once(customer):
    line = {"product_id": "x", "quantity": 0}

    problem = assert_problem(customer.post(f"{API}/orders/", {"lines": [line, {}]}), 400, "invalid")

    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [
        ("#/lines/0/product_id", "invalid"),
        ("#/lines/0/quantity", "min_value"),
        ("#/lines/1/product_id", "required"),
        ("#/lines/1/quantity", "required"),
    ]


def test_a_parameter_and_a_header_are_named_as_such(customer):
    parameter = customer.get(f"{API}/products/", {"page_size": "x"}).json()["errors"][0]
    header = customer.post(
        f"{API}/orders/",
        {"lines": [{"product_id": "00000000-0000-0000-0000-000000000000", "quantity": 1}]},
        headers={"Idempotency-Key": ""},
    ).json()["errors"][0]

    assert parameter["parameter"] == "page_size"
    assert header["header"] == "Idempotency-Key"


@pytest.mark.parametrize("debug", [True, False])
def test_what_nobody_foresaw_is_a_problem_and_says_nothing_of_the_inside(
    client, monkeypatch, settings, debug
):
    settings.DEBUG = debug
    monkeypatch.setattr(ProductViewSet, "list", lambda *args: 1 / 0)

    response = client.get(f"{API}/products/")

    assert_problem(response, 500, "internal-error")
    assert b"Zero" not in response.content


def test_a_database_that_is_away_is_no_fault_of_the_program(client, monkeypatch, caplog):
    def fails(self):
        raise OperationalError("the database is away")

    monkeypatch.setattr(ProductViewSet, "get_queryset", fails)

    assert_problem(client.get(f"{API}/products/"), 503, "unavailable")
    assert "the database is away" in caplog.text


def test_a_host_that_is_not_ours_is_malformed(client):
    assert_problem(client.get(f"{API}/products/", headers={"Host": "evil.example"}), 400, "malformed")


def test_outside_the_api_errors_are_pages():
    assert Client().get("/admin/nowhere/").headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("text", ["nul\0", "surrogate\ud800"])
@pytest.mark.parametrize(
    ("path", "fields"),
    [("users/", ["email", "password"]), ("token/", ["email", "password"]), ("token/refresh/", ["refresh"])],
)
def test_text_that_no_database_takes_is_refused(client, path, fields, text):
    response = client.post(
        f"{API}/{path}", json.dumps(dict.fromkeys(fields, text)), content_type="application/json"
    )

    assert response.status_code == 400
    assert len(response.json()["errors"]) >= len(fields)


@pytest.mark.parametrize(
    "email", ["a@İ.example", "a@İstanbul.com", "İ@example.com", "a@" + "x" * 250 + ".com"]
)
def test_an_odd_email_is_refused_or_taken_but_never_fails(client, email):
    response = client.post(SIGN_UP, {"email": email, "password": "correct horse battery"})

    assert response.status_code in {201, 400}


def test_every_type_is_documented():
    documented = set(re.findall(r"^### `/problems/([a-z-]+)`", DOCS.read_text(), re.MULTILINE))

    assert documented >= set(problems.TITLES)
