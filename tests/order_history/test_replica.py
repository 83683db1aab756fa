"""Answers from a streaming replica: one that follows, one that is behind, and one that is gone."""

import os
from datetime import datetime

import psycopg
import pytest

from stack.live import LiveStack
from stack.ports import free_port
from stack.postgres import PostgresServer
from stack.postgres_replica import PostgresReplica
from tests.shopping import Shop, eventually

pytestmark = pytest.mark.postgres

FRESHNESS_OBJECTIVE = 4.0


@pytest.fixture(scope="module")
def primary():
    with PostgresServer(fsync=False) as server:
        yield server


@pytest.fixture(scope="module")
def replica(primary):
    with PostgresReplica(primary) as server:
        yield server


@pytest.fixture(scope="module")
def shop(servers, primary, replica, tmp_path_factory):
    """The shop, whose web process alone knows the replica."""
    with servers.new_databases() as databases:
        env = {
            **os.environ,
            **databases,
            "ORDER_HISTORY_DATABASE_URL": primary.create_database("order_history"),
            "CELERY_BROKER_URL": servers.broker.url,
            "EVENT_BUS_FRESHNESS_OBJECTIVE": str(FRESHNESS_OBJECTIVE),
            "PORT": str(free_port()),
        }
        web = {"ORDER_HISTORY_REPLICA_URL": replica.url("order_history")}
        with LiveStack(tmp_path_factory.mktemp("replica"), env=env, env_of={"web": web}) as stack:
            stack.migrate()
            stack.start("relay", "history", "beat")
            shop = Shop(stack)
            shop.open()
            stack.wait_until_caught_up()
            yield shop


@pytest.fixture(autouse=True)
def all_is_well(primary, replica, shop):
    yield
    resume(replica)
    primary.start()
    replica.start()
    eventually(lambda: ready(shop)["status"] == "ok", within=40)


def test_the_replica_answers_and_nothing_is_read_from_the_primary(shop, primary, replica):
    product = shop.create_product()
    shop.order(product)
    eventually(lambda: shop.history_of(product), within=15)
    before = rows_read(primary), rows_read(replica)

    for _ in range(20):
        shop.history()

    eventually(lambda: rows_read(replica) > before[1], within=15)
    assert rows_read(primary) == before[0]


def test_who_names_a_write_waits_until_the_replica_shows_it(shop, replica):
    product = shop.create_product()
    order = shop.order(product)

    status, answer = after(shop, order, wait=10)

    assert (status, answer["applied"]) == (200, True)
    assert product in [row["product_id"] for row in answer["results"]]


def test_a_replica_that_is_behind_says_so_and_does_not_claim_the_write(shop, primary, replica):
    product = shop.create_product()
    pause(replica)
    order = shop.order(product)
    shop.stack.wait_until_caught_up()  # by the primary

    status, answer = after(shop, order, wait=1)
    as_of = answer["complete_as_of"]

    assert (status, answer["applied"]) == (200, False)
    assert product not in [row["product_id"] for row in answer["results"]]
    assert after(shop, order, wait=0)[1]["complete_as_of"] == as_of
    eventually(lambda: ready(shop)["status"] == "degraded", within=FRESHNESS_OBJECTIVE + 10)

    resume(replica)
    status, answer = after(shop, order, wait=10)
    assert (status, answer["applied"]) == (200, True)
    assert datetime.fromisoformat(answer["complete_as_of"]) >= datetime.fromisoformat(as_of)


def test_a_rebuild_changes_the_tables_of_the_replica_too(shop):
    product = shop.create_product()
    order = shop.order(product)

    shop.stack.manage("rebuild_order_history", timeout=120)

    status, answer = after(shop, order, wait=10)
    assert (status, answer["applied"]) == (200, True)
    assert product in [row["product_id"] for row in answer["results"]]


def test_without_its_replica_the_history_answers_from_its_own_database(shop, replica):
    product = shop.create_product()
    order = shop.order(product)
    after(shop, order, wait=10)
    replica.kill()

    statuses = [after(shop, order, wait=5) for _ in range(5)]

    assert all((status, answer["applied"]) == (200, True) for status, answer in statuses)
    assert ready(shop)["status"] == "ok"

    replica.start()
    before = scans(replica)
    eventually(lambda: shop.history() and scans(replica) > before, within=30)


def test_without_its_primary_the_replica_goes_on_answering(shop, primary, replica):
    product = shop.create_product()
    order = shop.order(product)
    eventually(lambda: has(replica, order), within=15)
    primary.kill()

    status, answer = after(shop, order, wait=0)

    assert (status, answer["applied"]) == (200, True)
    assert product in [row["product_id"] for row in answer["results"]]


def test_a_replica_that_is_left_alone_is_asked_when_nobody_else_answers(shop, primary, replica):
    product = shop.create_product()
    order = shop.order(product)
    eventually(lambda: has(replica, order), within=15)
    replica.kill()
    for _ in range(10):  # so that each web process has noticed
        shop.history()

    replica.start()
    primary.kill()

    answers = [after(shop, order, wait=0) for _ in range(10)]
    assert all((status, answer.get("applied")) == (200, True) for status, answer in answers), answers


def test_without_both_there_is_no_answer_and_it_says_so(shop, primary, replica):
    replica.kill()
    primary.kill()

    status, problem = shop.customer("GET", "/api/v1/order-history/me/products/", timeout=20)

    assert (status, problem["status"]) == (503, 503)


def after(shop, order, *, wait):
    path = f"/api/v1/order-history/me/products/?page_size=100&wait={wait}&after=orders.{order}.1"
    return shop.customer("GET", path, timeout=20)


def ready(shop):
    return shop.customer("GET", "/readyz")[1]


def pause(replica):
    execute(replica, "SELECT pg_wal_replay_pause()")


def resume(replica):
    if replica.is_running():
        execute(replica, "SELECT pg_wal_replay_resume()")


def has(server, order):
    return execute(server, f"SELECT 1 FROM order_history_historyorderline WHERE order_id = '{order}'")


def rows_read(server):
    """Scans of the index that a page of the history is read by, which after a rebuild each set of tables has."""
    return counted(server, "idx_scan", "indexes WHERE indexrelname = 'newest_products_of_user'")


def scans(server):
    """Of the table itself too, as a rebuilt one of a few rows is read."""
    return counted(server, "idx_scan + seq_scan", "tables WHERE relname = 'order_history_orderedproduct'")


def counted(server, what, of):
    return execute(server, f"SELECT pg_stat_force_next_flush(), sum({what}) FROM pg_stat_user_{of}")[1]


def execute(server, statement):
    with psycopg.connect(server.url("order_history"), autocommit=True) as connection:
        return connection.execute(statement).fetchone()
