"""What is wrong with the real processes, the status says in words, and that all is well again once it is."""

import os
import signal
import time

import psycopg
import pytest

from tests.conftest import live_stack_in, make_ready
from tests.shopping import Shop, eventually
from tests.test_faults import held_up

NAMED = 30
"""Seconds within which a fault has its name, and within which it is forgotten once it is over."""

QUICK = {
    "EVENT_BUS_FRESHNESS_OBJECTIVE": "5",
    "EVENT_BUS_CANARY_INTERVAL": "1",
    "EVENT_BUS_QUEUE_DEPTH": "4",
    "EVENT_BUS_GAP_PATIENCE": "5",
}


@pytest.fixture(scope="module")
def opened(servers, tmp_path_factory):
    make_ready(servers.broker)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in QUICK.items():
            patch.setenv(name, value)
        with live_stack_in(servers, tmp_path_factory.mktemp("shop") / "live") as stack:
            stack.start("relay", "history", "beat")
            shop = Shop(stack)
            shop.open()
            yield shop


@pytest.fixture
def shop(opened):
    eventually(says(opened, "healthy"), within=NAMED)
    yield opened
    eventually(says(opened, "healthy"), within=NAMED)


def status(shop):
    code, answer = shop.staff("GET", "/api/v1/event-bus/status/")
    assert code == 200, answer
    return answer


def says(shop, words):
    def said():
        headline = status(shop)["headline"]
        return headline if words in headline else None

    return said


def test_a_worker_that_is_dead(shop):
    shop.stack.stop("history")
    shop.create_product()

    headline = eventually(says(shop, "no worker of order_history is alive"), within=NAMED)

    assert headline.startswith("stopped because no worker of order_history is alive (last sign of life")
    assert "wait and none is taken" in headline
    shop.stack.start("history")


def test_a_worker_that_is_alive_and_takes_nothing(shop):
    [child] = shop.stack.children("history")
    os.kill(child, signal.SIGSTOP)
    try:
        headline = eventually(says(shop, "the worker of order_history stands still"), within=NAMED)
    finally:
        os.kill(child, signal.SIGCONT)

    assert "it is alive" in headline


def test_a_relay_that_is_dead(shop):
    shop.stack.stop("relay")

    headline = eventually(says(shop, "no worker of the relay is alive"), within=NAMED)

    assert headline.startswith("stopped because")
    shop.stack.start("relay")


def test_a_beat_that_is_stopped(shop):
    shop.stack.stop("beat")

    eventually(says(shop, "stopped because beat is stopped (last sign of life"), within=NAMED)

    shop.stack.start("beat")


def test_a_broker_that_is_gone(shop, broker):
    broker.kill()

    headline = eventually(says(shop, "stopped because the broker is gone"), within=NAMED)

    assert "nothing is lost" in headline
    broker.restart(empty=True)


def test_a_broker_that_hangs_delays_nobody_for_long(shop, broker):
    broker.pause()
    try:
        start = time.monotonic()
        headline = eventually(says(shop, "the broker is gone"), within=NAMED)
        took = time.monotonic() - start
    finally:
        broker.resume()

    assert "no answer within" in headline
    assert took < 9


def test_a_gap_that_is_being_healed(shop, raw):
    shop.stack.stop("history")
    raw.delete("order_history")  # or its watermarks would leave no room
    shop.create_product()
    eventually(lambda: b"product_created" in b"".join(raw.lrange("order_history", 0, -1)), within=15)
    raw.delete("order_history")
    shop.stack.start("history")

    headline = eventually(says(shop, "a gap of order_history is being healed"), within=NAMED)

    assert "1 events are missing (products/" in headline or "more partitions" in headline
    assert "asked for again" in headline


def test_an_event_that_nobody_can_apply(shop):
    shop.stack.manage("shell", "-v0", "-c", ANNOUNCE_POISON)

    headline = eventually(says(shop, "put aside"), within=NAMED)

    assert headline.startswith("everything flows, but an event of order_history put aside: UnknownEventType")
    shop.stack.manage("discard_dead_letters", "--error", "UnknownEventType", "--reason", "a test")


ANNOUNCE_POISON = """
from uuid import uuid4
from django.utils import timezone
from event_bus.outbox.models import OutboxEvent, Partition
OutboxEvent.objects.create(
    partition=Partition.objects.filter(topic="products").first(), type="products.poisoned.v1",
    subject=uuid4(), recorded_at=timezone.now(), data={},
)
"""


def test_a_subscriber_that_is_behind(shop):
    with held_up(shop.stack):
        shop.create_product() if shop.stack.env.get("DATABASE_URL") else None
        headline = eventually(says(shop, "order_history is behind by"), within=NAMED)

    assert headline.startswith("late")
    assert "its queue is full, the outbox keeps the rest" in headline


def test_a_pipeline_in_which_nothing_moves_so_that_nothing_lags(shop, raw):
    before = raw.config_get("maxmemory")["maxmemory"]
    raw.config_set("maxmemory", 1)  # the broker answers, and takes nothing
    try:
        headline = eventually(says(shop, "is frozen"), within=NAMED)
    finally:
        raw.config_set("maxmemory", before)

    assert headline.startswith("stopped because the pipeline to order_history is frozen: no canary has come")
    assert [one["lag"] for one in status(shop)["subscriptions"]] == [0]


@pytest.mark.postgres
def test_a_history_whose_database_is_away(shop):
    url = shop.stack.env["ORDER_HISTORY_DATABASE_URL"]
    server, _, name = url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'.encode())
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            eventually(says(shop, "stopped because the readers' database does not answer"), within=NAMED)
        finally:
            connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'.encode())
