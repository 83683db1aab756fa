"""Wiring in which events would get lost or stuck is refused before anything starts."""

import json
from io import StringIO
from typing import ClassVar

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from kombu import Queue

from event_bus import wiring_checks
from event_bus.contracts.announced import announced_events
from event_bus.events import Event
from event_bus.inbox.projections import Projection
from order_history import incoming_events as incoming


class ParcelSent(Event):
    type: ClassVar[str] = "parcels.parcel_sent.v1"


class OrderForgotten(Event):
    type: ClassVar[str] = "orders.order_forgotten.v1"


projection = Projection()
stray = Projection()
unheard_of = Projection()


@projection.on(
    incoming.ProductCreated,
    incoming.ProductChanged,
    incoming.ProductWithdrawn,
)
def show(events):
    """What a shop window shows."""


@stray.on(incoming.OrderPlaced)
def count(events):
    """An event of a topic that is not listened to."""


@unheard_of.on(OrderForgotten, incoming.OrderPlaced, incoming.OrderCancelled)
def forget(events):
    """An event that nobody announces."""


@pytest.fixture
def wired(settings):
    """Settings with a second subscription, `shop_window`, and what the checks say of them."""

    def say(*, topics=("products",), path="projection", queue=True, **bus):
        entry = {"TOPICS": [*topics], "PROJECTION": f"{__name__}.{path}"}
        subscriptions = {**settings.EVENT_BUS["SUBSCRIPTIONS"], "shop_window": entry}
        settings.EVENT_BUS = {**settings.EVENT_BUS, "SUBSCRIPTIONS": subscriptions, **bus}
        if queue:
            settings.CELERY_TASK_QUEUES = [*settings.CELERY_TASK_QUEUES, Queue("shop_window")]
        return said()

    return say


def said():
    return [(found.id.removeprefix("event_bus."), found.msg) for found in run_checks(tags=["event_bus"])]


def test_the_shop_is_wired_well():
    assert said() == []


def test_a_second_subscription_is_wired_well(wired):
    assert wired() == []


def test_a_subscription_without_a_queue_is_refused(wired):
    assert wired(queue=False) == [("E001", "The subscription 'shop_window' has no queue.")]


def test_a_relay_without_a_queue_is_refused(settings):
    settings.CELERY_TASK_QUEUES = [queue for queue in settings.CELERY_TASK_QUEUES if queue.name != "outbox"]

    assert said() == [("E001", "The relay has no queue 'outbox'.")]


def test_sentinels_without_the_name_of_whom_they_watch_are_refused(settings):
    settings.CELERY_BROKER_URL = "sentinel://:pw@127.0.0.1:1/0;sentinel://:pw@127.0.0.1:2/0"

    [(id, message)] = said()

    assert id == "E007"
    assert "nothing says which servers they watch" in message


def test_sentinels_with_the_name_of_whom_they_watch_are_fine(settings):
    settings.CELERY_BROKER_URL = "sentinel://:pw@127.0.0.1:1/0"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"master_name": "shop"}

    assert said() == []


def test_a_projection_that_cannot_be_imported_is_refused(wired):
    [(id, message)] = wired(path="nowhere")

    assert id == "E002"
    assert f"'{__name__}.nowhere' cannot be imported" in message


def test_a_projection_that_is_none_is_refused(wired):
    [(id, message)] = wired(path="said")

    assert id == "E002"
    assert "is no Projection" in message


def test_a_handler_outside_of_its_subscriptions_topics_is_refused(wired):
    assert (
        "E003",
        f"{__name__}.count handles orders.order_placed.v1, and 'shop_window' does not listen to 'orders'.",
    ) in wired(path="stray")


def test_a_subscription_to_what_nobody_announces_is_refused(wired):
    assert wired(topics=("products", "parcels")) == [
        ("E004", "The subscription 'shop_window' listens to 'parcels', which nobody announces.")
    ]


def test_a_handler_of_an_event_that_nobody_announces_is_refused(wired):
    assert wired(topics=("orders",), path="unheard_of") == [
        ("E004", f"{__name__}.forget handles orders.order_forgotten.v1, which nobody announces.")
    ]


def test_an_event_without_a_partition_is_refused(monkeypatch):
    monkeypatch.setattr(wiring_checks, "announced_events", lambda: [*announced_events(), ParcelSent])

    assert said() == [
        ("E005", "parcels.parcel_sent.v1 is announced, and its topic 'parcels' has no partitions.")
    ]


def test_topics_without_partitions_are_refused(wired):
    assert wired(PARTITIONS=0) == [("E005", "The topics have no partitions.")]


def test_an_event_that_would_become_a_dead_letter_is_warned_of(wired):
    warnings = wired(topics=("products", "users"))

    assert warnings == [
        ("W005", f"'shop_window' has no handler for {type_}: each becomes a dead letter.")
        for type_ in ("users.user_signed_up.v1", "users.user_erased.v1")
    ]


def test_a_topic_that_nobody_listens_to_is_warned_of(wired, settings):
    assert wired(TOPICS=[*settings.EVENT_BUS["TOPICS"], "parcels"]) == [
        ("W006", "Nobody listens to the topic 'parcels'.")
    ]


def test_the_wiring_is_printed_for_people_and_for_machines(wired):
    wired()

    table, rows = listed(), json.loads(listed("--json"))

    assert {
        "topic": "products",
        "subscription": "shop_window",
        "event": "products.product_created.v1",
        "handler": f"{__name__}.show",
        "queue": "shop_window",
    } in rows
    assert len(rows) == len(announced_events()) + 3
    for row in rows:
        assert row["event"] in table
        assert row["handler"] in table


def test_wiring_that_leads_nowhere_cannot_be_printed(wired):
    wired(path="nowhere")

    with pytest.raises(CommandError, match=r"nowhere' cannot be imported"):
        listed()


def listed(*options):
    out = StringIO()
    call_command("list_subscriptions", *options, stdout=out)
    return out.getvalue()
