"""RabbitMQ carries the events instead of Redis, by CELERY_BROKER_URL alone."""

import os

import pytest

from stack import StackError
from stack.live import LiveStack
from stack.ports import free_port
from stack.rabbit import RabbitServer, rabbit_script
from tests.shopping import Shop, eventually


@pytest.fixture(scope="module")
def rabbit(tmp_path_factory):
    try:
        rabbit_script("rabbitmq-server")
    except StackError as missing:
        pytest.skip(str(missing))
    with RabbitServer(tmp_path_factory.mktemp("rabbit")) as server:
        yield server


@pytest.fixture(scope="module")
def shop(servers, rabbit, tmp_path_factory):
    data_dir = tmp_path_factory.mktemp("rabbit-shop")
    with servers.migrated_databases(data_dir) as databases:
        env = {
            **os.environ,
            **databases,
            "CELERY_BROKER_URL": rabbit.url,
            "EVENT_BUS_QUEUE_DEPTH": "3",
            "PORT": str(free_port()),
        }
        with LiveStack(data_dir, env=env) as stack:
            stack.start("relay", "history", "beat")
            shop = Shop(stack)
            shop.open()
            yield shop


def test_an_order_reaches_the_history(shop):
    product = shop.create_product("Teapot")

    shop.order(product, quantity=2)

    [row] = eventually(lambda: shop.history_of(product), within=15)
    assert (row["title"], row["quantity"]) == ("Teapot", 2)


def test_what_it_loses_is_sent_again(shop, rabbit):
    product = shop.create_product("Lamp")
    shop.stack.stop("history")
    shop.order(product)
    eventually(lambda: rabbit.depths()["order_history"], within=15)

    rabbit.restart(empty=True)
    shop.stack.start("history")

    eventually(lambda: shop.history_of(product), within=60)


def test_its_queues_stay_short_while_a_subscriber_is_away(shop, rabbit):
    shop.stack.stop("history")
    shop.stack.manage("shell", "-v0", "-c", ANNOUNCE_MANY)
    eventually(lambda: rabbit.depths()["order_history"] >= 3, within=30)

    depths = [rabbit.depths()["order_history"] for _ in range(5)]

    assert max(depths) <= 3
    shop.stack.start("history")
    shop.stack.wait_until_caught_up(timeout=60)


def test_the_status_knows_it(shop):
    status, said = shop.staff("GET", "/api/v1/event-bus/status/")

    assert status == 200
    assert said["headline"].startswith("healthy"), said["headline"]


ANNOUNCE_MANY = """
from uuid import uuid4
from users.operations import import_users
for _ in range(10):
    import_users([uuid4() for _ in range(1000)])
"""
