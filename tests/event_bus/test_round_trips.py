import pytest
from django.db import DataError, IntegrityError, connections, transaction

from event_bus.inbox.models import Checkpoint
from event_bus.round_trips import need_not_last, together
from tests.delivering import NOW, Wire
from tests.order_history.facts import product

HISTORY = "order_history"

pytestmark = pytest.mark.django_db(databases=[HISTORY])


def checkpoint(cursor, partition):
    cursor.execute(
        "INSERT INTO inbox_checkpoint (subscription, topic, partition, applied, head, gap_asks)"
        " VALUES ('a', 'b', %s, '[]', 0, 0)",
        [partition],
    )


def setting():
    with connections[HISTORY].cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        return cursor.fetchone()[0]


def test_what_is_sent_together_is_all_done():
    with transaction.atomic(using=HISTORY), together(HISTORY), connections[HISTORY].cursor() as cursor:
        checkpoint(cursor, 1)
        checkpoint(cursor, 2)

    assert Checkpoint.objects.count() == 2


def test_what_goes_wrong_is_raised_and_undoes_the_transaction():
    with pytest.raises(IntegrityError), transaction.atomic(using=HISTORY):
        with together(HISTORY), connections[HISTORY].cursor() as cursor:
            checkpoint(cursor, 1)
            checkpoint(cursor, 1)
            checkpoint(cursor, 2)
        pytest.fail("the block ended as if all were well")

    assert not Checkpoint.objects.exists()


@pytest.mark.postgres
def test_the_first_error_is_the_one_that_is_raised():
    with (
        pytest.raises(DataError),
        transaction.atomic(using=HISTORY),
        together(HISTORY),
        connections[HISTORY].cursor() as cursor,
    ):
        checkpoint(cursor, "too much: 99999")
        checkpoint(cursor, 1)
        checkpoint(cursor, 1)


@pytest.mark.postgres
@pytest.mark.django_db(databases=[HISTORY], transaction=True)
def test_nothing_but_the_transaction_need_not_last():
    with connections[HISTORY].cursor() as cursor:
        cursor.execute("SET synchronous_commit TO on")

    with transaction.atomic(using=HISTORY), together(HISTORY):
        need_not_last(HISTORY)
        assert setting() == "off"

    assert setting() == "on"


@pytest.mark.postgres
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
