"""A kept connection that the server has closed meanwhile."""

import psycopg
import pytest
from django.db import connections

from tests.order_history.test_api import ask

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(databases=["order_history"], transaction=True),
]


@pytest.fixture
def history_closed():
    """Its connection stands, as far as Django knows; the server has ended it."""
    connection = connections["order_history"]
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    parameters = connection.get_connection_params()
    names = {
        name: parameters[name]
        for name in ("host", "port", "user", "password", "dbname")
        if name in parameters
    }
    with psycopg.connect(**names) as another:
        another.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_a_page_is_read_again_on_a_new_one(client, history_closed):
    assert ask(client).status_code == 200
