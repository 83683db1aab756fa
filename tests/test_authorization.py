"""Who may do what: every address of the API, every method, everybody who may come. Nothing is left out."""

import json
from collections.abc import Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken

from event_bus.outbox.models import OutboxEvent
from orders.operations import LineToOrder, place_order
from products.operations import create_product
from users import tokens
from users.operations import sign_up

WHO = ("anonymous", "owner", "other", "staff")
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE")
PASSWORD = "a quiet teapot"

ALLOWED = """
                                               anonymous owner other staff
products/                                GET         200   200   200   200
products/                                POST        401   403   403   201
products/<uuid:pk>/                      GET         200   200   200   200
products/<uuid:pk>/                      PATCH       401   403   403   200
products/<uuid:pk>/withdraw/             POST        401   403   403   200
users/                                   POST        201   201   201   201
users/me/                                GET         401   200   200   200
users/me/                                PATCH       401   200   200   200
users/me/                                DELETE      401   204   204   204
token/                                   POST        200   200   200   200
token/refresh/                           POST        200   200   200   200
token/revoke/                            POST        204   204   204   204
orders/                                  GET         401   200   200   200
orders/                                  POST        401   201   201   201
orders/<uuid:pk>/                        GET         401   200   404   200
orders/<uuid:pk>/cancel/                 POST        401   200   404   200
order-history/me/products/               GET         401   200   200   200
order-history/users/<uuid:user_id>/products/ GET     401   200   404   200
event-bus/timeline/                      GET         401   403   403   200
event-bus/status/                        GET         401   403   403   200
schema/                                  GET         200   200   200   200
docs/                                    GET         200   200   200   200
redoc/                                   GET         200   200   200   200
"""
"""Each row: an address below /api/v1/, a method, and what everybody gets. What has no row is for nobody."""


def rows() -> dict[tuple[str, str], dict[str, int]]:
    lines = [line.split() for line in ALLOWED.strip().splitlines()[1:]]
    return {
        (route, method): dict(zip(WHO, map(int, statuses), strict=True)) for route, method, *statuses in lines
    }


def routes_of_the_api() -> set[str]:
    found = _routes(get_resolver().url_patterns, "")
    return {route.removeprefix("api/v1/") for route in found if route.startswith("api/")}


def _routes(patterns: Any, prefix: str) -> Iterator[str]:
    for pattern in patterns:
        match pattern:
            case URLResolver():
                yield from _routes(pattern.url_patterns, prefix + str(pattern.pattern))
            case URLPattern():
                yield prefix + str(pattern.pattern)


TABLE = rows()
ROUTES = sorted({route for route, _ in TABLE})


def test_every_address_of_the_api_stands_in_the_table():
    assert routes_of_the_api() == set(ROUTES)


@pytest.fixture
def shop(db, settings):
    """Two customers and staff; an order of the owner's."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.API_THROTTLE_RATES = dict.fromkeys(settings.API_THROTTLE_RATES)
    cache.clear()
    people = {who: sign_up(email=f"{who}@example.com", password=PASSWORD) for who in ("owner", "other")}
    people["staff"] = sign_up(email="staff@example.com", password=PASSWORD, is_staff=True)
    product = create_product(title="Teapot", price=Decimal("12.50"))
    order = place_order(user_id=people["owner"].id, lines=[LineToOrder(product.id, 1)], at=timezone.now())
    refresh = str(tokens.pair_for(people["owner"])["refresh"])
    return SimpleNamespace(people=people, product=product, order=order, refresh=refresh)


def client_of(shop, who):
    client = APIClient(raise_request_exception=False)
    if who != "anonymous":
        token = AccessToken.for_user(shop.people[who])
        token["is_staff"] = shop.people[who].is_staff
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def ask(shop, who, method, route):
    pk = shop.order.id if route.startswith("orders/") else shop.product.id
    path = route.replace("<uuid:pk>", str(pk)).replace("<uuid:user_id>", str(shop.people["owner"].id))
    query = {"of": str(shop.order.id)} if path.startswith("event-bus/timeline") else {}
    body = body_of(shop, method, route)
    client = client_of(shop, who)
    if method in ("GET", "HEAD"):
        return getattr(client, method.lower())(f"/api/v1/{path}", query)
    return client.generic(method, f"/api/v1/{path}", *([] if body is None else [body, "application/json"]))


def body_of(shop, method, route):
    line = {"product_id": str(shop.product.id), "quantity": 1}
    body = {
        ("products/", "POST"): {"title": "Lamp", "price": "1"},
        ("products/<uuid:pk>/", "PATCH"): {"title": "Samovar"},
        ("users/", "POST"): {"email": f"{uuid4().hex}@example.com", "password": PASSWORD},
        ("users/me/", "PATCH"): {"email": f"{uuid4().hex}@example.com", "password": PASSWORD},
        ("users/me/", "DELETE"): {"password": PASSWORD},
        ("token/", "POST"): {"email": "owner@example.com", "password": PASSWORD},
        ("token/refresh/", "POST"): {"refresh": shop.refresh},
        ("token/revoke/", "POST"): {"refresh": shop.refresh},
        ("orders/", "POST"): {"lines": [line]},
    }.get((route, method))
    return None if body is None else json.dumps(body)


both_databases = pytest.mark.django_db(databases=["default", "order_history"])


@both_databases
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(("route", "method"), sorted(TABLE))
def test_everybody_may_do_what_the_table_says(shop, route, method, who):
    announced = OutboxEvent.objects.count()

    status = ask(shop, who, method, route).status_code

    assert status == TABLE[route, method][who]
    if status >= 400:
        assert OutboxEvent.objects.count() == announced


@both_databases
@pytest.mark.parametrize("route", ROUTES)
def test_nobody_may_do_anything_else(shop, route):
    announced = OutboxEvent.objects.count()
    others = [method for method in METHODS if (route, method) not in TABLE]

    statuses = {(method, who): ask(shop, who, method, route).status_code for method in others for who in WHO}

    for (method, who), status in statuses.items():
        if method == "HEAD" and (route, "GET") in TABLE:
            assert status == TABLE[route, "GET"][who]
        else:
            assert status in ({405} if who == "staff" else {401, 403, 405}), (method, who)
    assert OutboxEvent.objects.count() == announced
