import pytest
from django.db import connections, transaction

from event_bus.durability import need_not_last
from tests.delivering import NOW, Wire
from tests.order_history.facts import product

HISTORY = "order_history"

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(databases=[HISTORY], transaction=True)]


def setting():
    with connections[HISTORY].cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return cursor.fetchone()[0]


def test_nothing_but_the_transaction_need_not_last():
    with connections[HISTORY].cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on")

    with transaction.atomic(using=HISTORY):
        need_not_last(HISTORY)
        assert setting() == "off"

    assert setting() == "on"


def test_a_sweep_makes_sure_of_what_it_acknowledges():
    wire, said = Wire(), []

    def note(execute, sql, *rest):
        said.append(sql)
        return execute(sql, *rest)

    def need_not_last_was_said():
        return any("synchronous_commit" in sql for sql in said)

    with connections[HISTORY].execute_wrapper(note):
        wire.deliver(product())
        assert need_not_last_was_said()

        said.clear()
        mark = {"topic": "products", "partition": 0, "head": 1, "sent": 1, "as_of": NOW}
        wire.send(watermarks=[mark])
        assert said
        assert not need_not_last_was_said()
