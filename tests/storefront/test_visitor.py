"""Promise 5 for pages: who looks is known from a signature, whatever else is down."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connections
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from storefront.visitor import COOKIE, LIFETIME, forget, remember, visitor_of
from tests.order_history.facts import ANN


def request_with(cookie: str):
    request = RequestFactory().get("/")
    request.COOKIES[COOKIE] = cookie
    return request


def cookie_of(user_id=ANN, at=None) -> str:
    response = HttpResponse()
    remember(response, user_id=user_id, at=at or timezone.now())
    return response.cookies[COOKIE].value


def test_who_was_remembered_is_known_again():
    assert visitor_of(request_with(cookie_of())).user_id == ANN


@pytest.mark.parametrize("cookie", ["", "nonsense", "a.b.c"])
def test_what_is_not_ours_is_nobody(cookie):
    assert visitor_of(request_with(cookie)) is None


def test_a_forged_cookie_is_nobody(settings):
    cookie = cookie_of()
    head, body, signature = cookie.split(".")

    assert visitor_of(request_with(f"{head}.{body}.{signature[::-1]}")) is None


def test_an_old_cookie_is_nobody():
    assert visitor_of(request_with(cookie_of(at=timezone.now() - LIFETIME - timedelta(minutes=1)))) is None


def test_no_script_and_no_other_site_gets_the_cookie():
    response = HttpResponse()
    remember(response, user_id=ANN, at=datetime(2026, 1, 1, tzinfo=UTC))

    cookie = response.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_in_production_the_cookie_travels_encrypted_only(settings):
    settings.SESSION_COOKIE_SECURE = True
    response = HttpResponse()
    remember(response, user_id=ANN, at=timezone.now())

    assert response.cookies[COOKIE]["secure"]


def test_a_forgotten_cookie_ends_at_once():
    response = HttpResponse()
    forget(response)

    assert response.cookies[COOKIE]["max-age"] == 0


@pytest.mark.django_db(databases=["order_history"])
def test_your_products_asks_only_the_history(client: Client, monkeypatch):
    """pytest-django refuses every query to the shop's database here; this makes sure that none is swallowed."""
    client.cookies[COOKIE] = cookie_of()
    client.cookies["sessionid"] = "of somebody who was signed in"

    def gone(*args, **kwargs):
        raise DatabaseError("the shop's database is gone")

    monkeypatch.setattr(connections["default"], "connect", gone)
    answer = client.get("/your-products/")

    assert answer.status_code == 200
    assert "Nothing yet" in answer.text
    assert "Account" in answer.text
