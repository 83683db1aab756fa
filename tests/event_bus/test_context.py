"""Who changed it, on which request: stored with the event, sent without the person."""

import json
import logging
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from event_bus import context, task_context
from event_bus.context import acting
from event_bus.messages import Run
from event_bus.outbox.log import read_batches
from event_bus.outbox.models import OutboxEvent
from event_bus.outbox.numbering import number_committed_events
from event_bus.outbox.partitions import create_partitions
from event_bus.outbox.tasks import sweep
from tests.event_bus.announcing import announce
from users import operations

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])


@pytest.fixture
def staff():
    return operations.sign_up(
        email="staff@example.com", password="correct horse", is_staff=True, is_superuser=True
    )


def create_product(client, **headers):
    answer = client.post("/api/v1/products/", {"title": "Teapot", "price": "12.50"}, headers=headers)
    assert answer.status_code == 201, answer.content
    return answer


def last_event():
    return OutboxEvent.objects.latest("id")


def test_an_event_says_which_request_and_which_user_made_it(staff):
    client = APIClient()
    client.force_authenticate(staff)

    answer = create_product(client, **{"X-Request-ID": "checkout-7"})

    assert answer["X-Request-ID"] == "checkout-7"
    assert (last_event().correlation_id, last_event().actor) == ("checkout-7", str(staff.pk))


def test_a_token_says_who_it_was_although_the_view_reads_it(staff):
    client = APIClient()
    token = client.post("/api/v1/token/", {"email": "staff@example.com", "password": "correct horse"}).json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token['access']}")

    create_product(client)

    assert last_event().actor == str(staff.pk)


def test_staff_in_the_admin_are_named_by_their_id(staff):
    client = Client()
    client.force_login(staff)

    form = {"title": "Teapot", "price": "12.50", "currency": "USD", "_save": "Save"}
    answer = client.post("/admin/products/product/add/", form)

    assert answer.status_code == 302, answer.content
    assert last_event().actor == str(staff.pk)


@pytest.mark.parametrize("id", ["", "a" * 65, "two words", "line\nbreak", "<script>", "é"])
def test_an_id_that_is_not_sane_is_replaced(id):
    assert not context.is_sane(id)

    with acting("command import_shop", id) as made:
        assert context.is_sane(made.correlation_id)


def test_a_request_without_an_id_gets_one():
    first, second = (Client().get("/livez")["X-Request-ID"] for _ in range(2))

    assert context.is_sane(first)
    assert first != second


def test_what_a_command_announces_has_one_context():
    with acting("command import_shop"):
        announce(count=3)

    rows = set(OutboxEvent.objects.values_list("actor", "correlation_id"))
    assert len(rows) == 1
    assert rows.pop()[0] == "command import_shop"


def test_without_a_context_nothing_is_stored():
    announce()

    event = last_event()
    assert (event.correlation_id, event.actor, event.traceparent) == (None, None, None)


def test_a_task_goes_on_with_the_id_of_who_asked_for_it():
    headers = {}
    with acting("command import_shop", "the-import"):
        task_context.hand_on(headers=headers)
    task = sweep

    task.push_request(**headers)
    task_context.enter(task_id="1", task=task)
    announce()
    task_context.leave(task_id="1")
    task.pop_request()

    assert (last_event().correlation_id, last_event().actor) == ("the-import", "task event_bus.sweep")
    assert context.current().correlation_id is None


def test_the_wire_carries_the_request_but_never_the_person():
    with acting(str(uuid4()), "checkout-7"):
        [event] = announce()
    number_committed_events()

    event.refresh_from_db()
    run = Run(topic="products", partition=event.partition.number, first=event.position, last=event.position)
    [envelope] = read_batches([run])[0].events

    assert envelope["correlationid"] == "checkout-7"
    assert "actor" not in envelope
    assert event.actor not in json.dumps(envelope)


def test_every_request_is_one_line_that_says_who_and_which(staff, caplog):
    client = APIClient()
    client.force_authenticate(staff)

    with caplog.at_level(logging.INFO, "event_bus.requests"):
        create_product(client, **{"X-Request-ID": "checkout-7"})

    [record] = [record for record in caplog.records if record.name == "event_bus.requests"]
    assert record.getMessage() == "POST /api/v1/products/ 201"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_event_takes_at_most_400_bytes_with_its_indexes_and_its_context():
    create_partitions(using="default")
    with acting(str(uuid4()), context.new_correlation_id()):
        announce(count=10_000, note="a title as long as titles are")
    while number_committed_events():
        pass

    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL outbox_outboxevent")
        cursor.execute("SELECT pg_total_relation_size('outbox_outboxevent') / 10000.0")
        [size] = cursor.fetchone()

    assert size <= 400


def test_an_address_makes_one_line_of_log_whatever_is_in_it(client, caplog):
    with caplog.at_level(logging.INFO, "event_bus.requests"):
        client.get("/nowhere%0aGET /admin/ 200%1b[31m/")

    lines = [each.getMessage() for each in caplog.records if each.name == "event_bus.requests"]
    assert lines == ["GET /nowhere%0AGET%20/admin/%20200%1B[31m/ 404"]
