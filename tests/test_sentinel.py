"""Redis Sentinel carries the events: the master dies, another takes over, and the history is complete."""

import os
from functools import partial

import pytest

from stack.live import LiveStack
from stack.ports import free_port
from stack.sentinel import MASTER_NAME, SentinelServers
from tests.shopping import Shop, eventually

pytestmark = pytest.mark.postgres  # a failover is the same with either database, and takes its time


@pytest.fixture
def sentinels(tmp_path):
    with SentinelServers(tmp_path / "sentinels") as running:
        yield running


@pytest.fixture
def shop(servers, sentinels, tmp_path):
    with servers.migrated_databases(tmp_path / "shop") as databases:
        env = {
            **os.environ,
            **databases,
            "CELERY_BROKER_URL": sentinels.url,
            "CELERY_BROKER_MASTER_NAME": MASTER_NAME,
            "PORT": str(free_port()),
        }
        with LiveStack(tmp_path / "shop", env=env) as stack:
            stack.start("relay", "history", "beat")
            shop = Shop(stack)
            shop.open()
            yield shop


@pytest.mark.parametrize("fails", ["kill", "freeze"])
def test_a_failover_loses_nothing(shop, sentinels, fails):
    before = shop.create_product("Teapot")
    shop.order(before)
    eventually(lambda: shop.history_of(before), within=30)
    first = sentinels.master()

    getattr(sentinels, fails)(first)
    meanwhile = shop.create_product("Lamp")
    shop.order(meanwhile)
    second = sentinels.wait_for_another_master(than=first)
    after = shop.create_product("Kite")
    shop.order(after, quantity=3)

    assert second in sentinels.servers
    for product, quantity in [(before, 1), (meanwhile, 1), (after, 3)]:
        [row] = eventually(partial(shop.history_of, product), within=90)
        assert row["quantity"] == quantity
    shop.stack.wait_until_caught_up(timeout=60)
    eventually(
        lambda: shop.staff("GET", "/api/v1/event-bus/status/")[1]["headline"].startswith("healthy"), within=60
    )
