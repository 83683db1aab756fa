import json

import pytest
from django.core.cache import cache
from django.core.cache.backends.base import BaseCache
from rest_framework.test import APIClient

from users.operations import sign_up

PRODUCTS = "/api/v1/products/"
USERS = "/api/v1/users/"
TOKEN = "/api/v1/token/"
PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db


class BrokenCache(BaseCache):
    def clear(self):
        pass

    def __init__(self, location, params):
        super().__init__(params)

    def get(self, key, default=None, version=None):
        raise ConnectionError("the cache is away")

    def set(self, *args, **kwargs):
        raise ConnectionError("the cache is away")


@pytest.fixture(autouse=True)
def rates(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.API_THROTTLE_RATES = dict.fromkeys(("anonymous", "sign-up", "sign-in", "sign-in-as"))
    cache.clear()
    yield settings.API_THROTTLE_RATES
    cache.clear()


@pytest.fixture
def client():
    return APIClient()


def statuses(ask, times):
    return [ask().status_code for _ in range(times)]


def test_strangers_who_ask_too_often_are_told_when_to_come_back(client, rates):
    rates["anonymous"] = "2/minute"

    assert statuses(lambda: client.get(PRODUCTS), 2) == [200, 200]
    refused = client.get(PRODUCTS)

    assert refused.status_code == 429
    assert refused["Content-Type"] == "application/problem+json"
    assert json.loads(refused.content)["type"] == "/problems/throttled"
    assert 1 <= int(refused["Retry-After"]) <= 60


def test_whoever_has_signed_in_is_no_stranger(client, rates):
    rates["anonymous"] = "1/minute"
    client.force_authenticate(sign_up(email="ann@example.com", password=None))

    assert statuses(lambda: client.get(PRODUCTS), 3) == [200] * 3


def test_an_address_is_not_what_the_client_says(client, rates):
    rates["anonymous"] = "1/minute"

    forged = [client.get(PRODUCTS, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code for n in range(3)]
    other = client.get(PRODUCTS, REMOTE_ADDR="10.0.0.9").status_code

    assert (forged, other) == ([200, 429, 429], 200)


def test_signing_up_has_a_limit_of_its_own(client, rates):
    rates["sign-up"] = "1/hour"

    assert statuses(lambda: client.post(USERS, {}), 2) == [400, 429]
    assert client.get(PRODUCTS).status_code == 200


def test_signing_in_is_limited_for_an_address(client, rates):
    rates["sign-in"] = "2/minute"
    bodies = iter({"email": f"{n}@example.com", "password": "x"} for n in range(3))

    assert statuses(lambda: client.post(TOKEN, next(bodies)), 3) == [401, 401, 429]


def test_signing_in_is_limited_for_an_email_from_wherever(client, rates):
    rates["sign-in-as"] = "2/minute"
    sign_up(email="ann@example.com", password=PASSWORD)
    spellings = iter(["ann@example.com", " Ann@example.com", "ANN@EXAMPLE.COM"])
    addresses = iter(["10.0.0.1", "10.0.0.2", "10.0.0.3"])

    tries = statuses(
        lambda: client.post(TOKEN, {"email": next(spellings), "password": "x"}, REMOTE_ADDR=next(addresses)),
        3,
    )
    somebody_else = client.post(TOKEN, {"email": "bob@example.com", "password": "x"})

    assert tries == [401, 401, 429]
    assert somebody_else.status_code == 401


@pytest.mark.parametrize("email", [None, 7, ["x"], {"a": 1}, "\0", "\ud800"])
def test_an_email_that_is_none_is_counted_too(client, rates, email):
    rates["sign-in-as"] = "1/minute"
    body = json.dumps({"email": email, "password": "x"})

    assert statuses(lambda: client.post(TOKEN, body, content_type="application/json"), 2)[1] == 429


def test_a_broken_cache_turns_nobody_away(client, rates, settings, caplog):
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.BrokenCache"}}
    rates.update(dict.fromkeys(rates, "1/minute"))
    sign_up(email="ann@example.com", password=PASSWORD)

    assert statuses(lambda: client.get(PRODUCTS), 2) == [200, 200]
    assert client.post(TOKEN, {"email": "ann@example.com", "password": PASSWORD}).status_code == 200
    assert "the cache does not answer" in caplog.text


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_one_cannot_try_the_password_of_the_owner_of_a_token_without_end(client, rates, method):
    rates["sign-in-as"] = "2/minute"
    client.force_authenticate(sign_up(email="ann@example.com", password=PASSWORD))

    tried = statuses(lambda: getattr(client, method)(f"{USERS}me/", {"password": "a guess"}), 3)

    assert tried == [400, 400, 429]
    assert client.get(f"{USERS}me/").status_code == 200
