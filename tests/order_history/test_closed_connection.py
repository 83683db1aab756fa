"""A kept connection that the server has closed meanwhile."""

import psycopg
import pytest
from django.db import connections

from tests.order_history.test_api import ask

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
    connection = connections["order_history"]
    connection.ensure_connection()
    with connection.cursor() as cursor:
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
