"""Faults that are known to lose messages, or to freeze or kill workers, done to the real processes.

The letters are those of docs/faults.md. Wherever a time is given, it is the promise, not a measurement.
"""

import contextlib
import json
import os
import signal
import sqlite3
import statistics
import time

import psycopg
import pytest

from tests.shopping import eventually

HEALED = 30
"""Seconds within which the history is right again after any fault here."""


@pytest.fixture
def shop(open_shop):
    eventually(lambda: all(map(open_shop.stack.pid, ("relay", "history", "beat", "web"))), within=15)
    return open_shop


@pytest.fixture
def stack(shop):
    return shop.stack


def knows(shop, *products):
    return lambda: {row["product_id"] for row in shop.history()} >= set(products)


def test_f1_the_broker_is_emptied_while_messages_wait(shop, stack, raw):
    product = shop.create_product()
    stack.stop("history")
    shop.order(product)
    eventually(lambda: raw.llen("order_history"), within=15)

    raw.flushall()
    stack.start("history")

    eventually(knows(shop, product), within=HEALED)


def test_f3_a_worker_is_killed_while_it_holds_a_message_that_it_has_not_noted(shop, stack, raw):
    product = shop.create_product()
    eventually(lambda: not raw.llen("order_history"), within=15)
    stack.signal("history", "STOP")
    shop.order(product)
    time.sleep(3)  # a stopped worker's blocking pop still takes the message off the queue

    stack.kill("history")

    eventually(knows(shop, product), within=HEALED)


def test_f5_a_workers_child_is_killed_while_it_works(shop, stack):
    products = [shop.create_product(f"Product {n}") for n in range(5)]
    for product in products:
        shop.order(product)
        for child in stack.children("history"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    eventually(knows(shop, *products), within=HEALED)


def test_f6_the_relay_is_killed_again_and_again(shop, stack):
    products = [shop.create_product(f"Product {n}") for n in range(5)]
    for product in products:
        shop.order(product)
        eventually(lambda: stack.pid("relay"), within=15)
        stack.kill("relay")

    eventually(knows(shop, *products), within=HEALED)


def test_f7_the_broker_is_killed_and_comes_back_empty(shop, stack, broker):
    product = shop.create_product()
    stack.stop("history")
    shop.order(product)
    time.sleep(1)

    broker.kill()
    broker.restart(empty=True)
    stack.start("history")

    eventually(knows(shop, product), within=HEALED)


def test_f8_every_connection_to_the_broker_is_cut(shop, raw):
    products = [shop.create_product(f"Product {n}") for n in range(5)]
    for product in products:
        shop.order(product)
        raw.client_kill_filter(_type="normal", skipme=True)

    eventually(knows(shop, *products), within=HEALED)


@pytest.mark.parametrize("task_ends", ["during the outage", "after it"])
def test_f10_the_broker_restarts_while_a_task_runs(shop, stack, broker, raw, task_ends):
    product = shop.create_product()

    with held_up(stack):
        shop.order(product)
        eventually(holds_a_message(raw), within=15)
        broker.kill()
        if task_ends == "after it":
            broker.restart(empty=True)
    time.sleep(2)
    if task_ends == "during the outage":
        broker.restart(empty=True)

    eventually(knows(shop, product), within=HEALED)
    later = shop.create_product("Later")
    shop.order(later)
    eventually(knows(shop, later), within=HEALED)


@pytest.mark.parametrize("outage", ["down", "hung"])
def test_f9_a_broker_that_is_away_slows_no_write(shop, broker, outage):
    """At most 50 ms slower at the median, and none blocked for seconds."""
    product = shop.create_product()
    shop.order(product)
    before = seconds_to_order(shop, product)

    broker.kill() if outage == "down" else broker.pause()
    during = seconds_to_order(shop, product)
    late = shop.create_product("Late")
    shop.order(late)
    log = shop.stack.log("web").read_text()
    broker.restart(empty=False) if outage == "down" else broker.resume()

    assert statistics.median(during) < statistics.median(before) + 0.05
    assert max(during) < 2
    assert "Traceback" not in log
    eventually(knows(shop, late), within=HEALED)


def test_f11_garbage_in_the_queue_kills_nothing_for_long(shop, raw):
    product = shop.create_product()
    envelope = {"body": "W10=", "headers": {}, "properties": {}, "content-type": "application/json"}
    for queue in ("order_history", "outbox"):
        raw.rpush(queue, "not json", b"\xff\xfe", json.dumps(envelope), "[1, 2]", "{}")

    shop.order(product)

    eventually(knows(shop, product), within=HEALED)


def test_f11_a_queue_that_is_no_list_is_set_aside(shop, stack, raw):
    product = shop.create_product()
    stack.stop("history")
    raw.delete("order_history")
    raw.set("order_history", "nonsense")
    stack.start("history")

    shop.order(product)

    eventually(knows(shop, product), within=HEALED)
    assert raw.get("order_history.unreadable") == b"nonsense"


def test_f12_a_broker_that_is_full_loses_nothing(shop, raw):
    product = shop.create_product()
    raw.config_set("maxmemory", 1)
    shop.order(product)
    time.sleep(3)

    raw.config_set("maxmemory", 0)

    eventually(knows(shop, product), within=HEALED)


def test_f16_workers_are_restarted_politely_ten_times(shop, stack):
    products = []
    for n in range(10):
        products.append(shop.create_product(f"Product {n}"))
        shop.order(products[-1])
        name = ("history", "relay")[n % 2]
        stack.stop(name)
        stack.start(name)

    eventually(knows(shop, *products), within=HEALED)


def test_s2_a_worker_that_is_frozen_ends_itself_and_is_started_anew(shop, stack, raw):
    """Between two tasks: within one, only Celery's own time limit would end it, after a minute."""
    product = shop.create_product()
    stack.stop("beat")  # or it may be frozen in the middle of what beat asked for
    eventually(lambda: not raw.llen("order_history") and not holds_a_message(raw)(), within=15)
    before = stack.pid("history")
    for child in stack.children("history"):
        os.kill(child, signal.SIGSTOP)
    stack.start("beat")

    shop.order(product)

    eventually(knows(shop, product), within=HEALED)
    assert stack.pid("history") != before


@contextlib.contextmanager
def held_up(stack):
    """While inside, whoever wants to apply something to the history has to wait."""
    if url := stack.env.get("ORDER_HISTORY_DATABASE_URL"):
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE inbox_checkpoint IN EXCLUSIVE MODE")
            yield
    else:
        connection = sqlite3.connect(stack.data_dir / "order_history.sqlite3", isolation_level=None)
        with contextlib.closing(connection):
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")


def holds_a_message(raw):
    """Whether the history's worker has taken one that it has not acknowledged."""
    return lambda: any(b'"order_history"' in entry for entry in raw.hvals("unacked"))


def seconds_to_order(shop, product, times=20):
    taken = []
    for _ in range(times):
        start = time.monotonic()
        shop.order(product)
        taken.append(time.monotonic() - start)
    return taken
