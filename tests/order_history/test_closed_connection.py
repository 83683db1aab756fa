"""A kept connection that the server has closed meanwhile."""

import psycopg
import pytest
from django.db import connections
from django.http import HttpResponse
from django.utils import timezone

from order_history import applied
from storefront.visitor import COOKIE, remember
from tests.order_history.facts import ANN
from tests.order_history.test_api import ORDER_1, ask

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["order_history"], transaction=True),
]


def another_connection():
    parameters = connections["order_history"].get_connection_params()
    names = ("host", "port", "user", "password", "dbname")
    return psycopg.connect(**{name: parameters[name] for name in names if name in parameters})


@pytest.fixture
def history_closed():
    """Its connection stands, as far as Django knows; the server has ended it."""
    connections["order_history"].ensure_connection()
    end_the_connection()


def end_the_connection():
    with connections["order_history"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with another_connection() as another:
        another.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_page_is_read_again_on_a_new_one(client, history_closed):
    assert ask(client).status_code == 200


def test_a_column_that_was_widened_meanwhile_is_read_with_a_new_statement(client):
    """PostgreSQL refuses what was prepared before, for as long as the connection stands."""
    alter = "ALTER TABLE order_history_historyproduct ALTER COLUMN title TYPE varchar({})"
    for _ in range(10):
        ask(client)
    with another_connection() as another:
        another.execute(alter.format(300))

    widened = ask(client).status_code
    with another_connection() as another:
        another.execute(alter.format(200))

    assert widened == 200


@pytest.fixture
def waited(monkeypatch):
    """Seconds slept, which is all the time that passes; after half a second the server ends the connection."""
    waited = []

    def sleep(seconds):
        if sum(waited) < 0.5 <= sum(waited) + seconds:
            end_the_connection()
        waited.append(seconds)

    monkeypatch.setattr(applied.time, "sleep", sleep)
    monkeypatch.setattr(applied.time, "monotonic", lambda: sum(waited))
    return waited


def test_a_read_whose_connection_ends_while_it_waits_waits_no_longer_for_it(client, waited):
    assert ask(client, after=ORDER_1, wait=3).json()["applied"] is False

    assert sum(waited) == pytest.approx(3)


def test_a_page_whose_connection_ends_while_it_waits_waits_no_longer_for_it(client, waited):
    remember(response := HttpResponse(), user_id=ANN, at=timezone.now())
    client.cookies[COOKIE] = response.cookies[COOKIE].value

    assert client.get(f"/your-products/?news=ordered&after={ORDER_1}").status_code == 200

    assert sum(waited) == pytest.approx(1)
