from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import OperationalError

from event_bus import canary
from event_bus.inbox.models import CheckpointQuerySet
from order_history import health
from tests.delivering import NOW

ALONE = "config.urls_order_history"
OBJECTIVE = timedelta(seconds=settings.EVENT_BUS["FRESHNESS_OBJECTIVE"])


@pytest.fixture(params=["config.urls", ALONE])
def ask(request, settings, client, monkeypatch, one_partition):
    """Asks for a path `late` after the last watermark."""
    settings.ROOT_URLCONF = request.param

    def ask(path, late=timedelta(0)):
        monkeypatch.setattr(health.timezone, "now", lambda: NOW + late)
        return client.get(path)

    return ask


def hear(wire, *, head=0, at=NOW):
    mark = {"topic": "orders", "partition": 0, "head": head, "sent": 0, "as_of": at}
    wire.send(watermarks=[mark], at=at)


def test_the_process_is_up_whatever_its_database_does(ask):
    answer = ask("/livez")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db(databases=["order_history"])
def test_fresh_answers_are_ok(ask, wire):
    hear(wire)

    answer = ask("/readyz", late=timedelta(seconds=2))

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "complete_as_of": "2026-03-01T12:00:00Z",
        "seconds_behind": 2.0,
        "seconds_until_broken": 13.0,
        "canary_age": None,
        "why": None,
    }
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db(databases=["order_history"])
def test_without_news_it_is_degraded_not_dead(ask, wire):
    hear(wire)

    answer = ask("/readyz", late=OBJECTIVE + timedelta(seconds=5))

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "complete_as_of": "2026-03-01T12:00:00Z",
        "seconds_behind": 20.0,
        "seconds_until_broken": -5.0,
        "canary_age": None,
        "why": "nothing has been heard from the shop for 20 s",
    }


@pytest.mark.django_db(databases=["order_history"])
def test_news_that_is_not_applied_is_degraded_too(ask, wire):
    hear(wire)
    later = OBJECTIVE + timedelta(seconds=5)
    hear(wire, head=7, at=NOW + later)

    answer = ask("/readyz", late=later).json()

    assert (answer["status"], answer["seconds_behind"]) == ("degraded", 20.0)
    assert answer["why"] == "events of the last 20 s are not all applied yet"


@pytest.mark.django_db(databases=["order_history"])
def test_before_the_first_news_it_is_degraded(ask):
    answer = ask("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "degraded",
        "complete_as_of": None,
        "seconds_behind": None,
        "seconds_until_broken": None,
        "canary_age": None,
        "why": "nothing has been heard from the shop yet",
    }


@pytest.mark.django_db(databases=["order_history"])
def test_a_partition_without_news_is_degraded(ask, wire, settings):
    hear(wire)
    settings.EVENT_BUS = {**settings.EVENT_BUS, "PARTITIONS": 2}

    answer = ask("/readyz").json()

    assert (answer["status"], answer["complete_as_of"]) == ("degraded", None)
    assert answer["why"] == "not every partition has been heard of yet"


def test_only_without_its_own_database_it_is_unavailable_and_tells_no_details(ask, monkeypatch):
    def fail(*_):
        raise OperationalError("connection to server at db.internal as user shop failed")

    monkeypatch.setattr(CheckpointQuerySet, "of", fail)

    answer = ask("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {
        "status": "unavailable",
        "complete_as_of": None,
        "seconds_behind": None,
        "seconds_until_broken": None,
        "canary_age": None,
        "why": "its database does not answer",
    }


@pytest.mark.django_db(databases=["order_history"])
def test_a_canary_that_no_longer_comes_is_degraded_although_nothing_lags(ask, wire):
    wire.send(batches=[canary_batch(wire)])
    later = timedelta(seconds=60)
    hear(wire, at=NOW + later)

    answer = ask("/readyz", late=later).json()

    assert (answer["status"], answer["seconds_behind"], answer["canary_age"]) == ("degraded", 0.0, 60.0)
    assert answer["why"] == "no event has come through for 60 s, not even the canary"


def canary_batch(wire):
    event = {"id": "1", "source": "/shop", "type": canary.TYPE, "subject": str(uuid4()), "data": {}}
    return {
        "topic": canary.TOPIC,
        "partition": canary.PARTITION,
        "first": 1,
        "last": 1,
        "events": [{**event, "time": NOW.isoformat(), "position": 1}],
    }


@pytest.mark.django_db(databases=["order_history"])
def test_a_clock_that_is_behind_the_shops_makes_nothing_negative(ask, wire):
    hear(wire, at=NOW + timedelta(seconds=3))

    answer = ask("/readyz").json()

    assert (answer["status"], answer["seconds_behind"]) == ("ok", 0.0)
