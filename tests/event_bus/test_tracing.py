"""One trace from the request to the row, told by OpenTelemetry's own instruments and an exporter in memory."""

import subprocess
import sys

import pytest
from celery import current_app, signals
from celery.app.trace import trace_task
from django.utils import timezone
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from rest_framework.test import APIClient

from event_bus import tracing, worker
from event_bus.inbox import tasks as inbox_tasks
from event_bus.outbox import tasks as outbox_tasks
from event_bus.outbox.models import OutboxEvent
from event_bus.queues import broker_connection
from products import operations as products
from stack import CODE_DIR
from tests.delivering import Wire
from tests.event_bus.dead_lettering import BrokenTitles
from tests.order_history.facts import product
from users import operations as users

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans():
    """Those that have ended, oldest first."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracing.instrument(provider)
    # The test's own transaction is not to be taken for a worker's broken connection.
    signals.task_prerun.disconnect(worker.drop_broken_connections)
    yield exporter.get_finished_spans
    signals.task_prerun.connect(worker.drop_broken_connections)
    tracing.stop()


def order_over_http():
    teapot = products.create_product(title="Teapot", price="12.50")
    client = APIClient()
    client.force_authenticate(users.sign_up(email="ann@example.com", password=None))
    answer = client.post("/api/v1/orders/", {"lines": [{"product_id": str(teapot.id), "quantity": 2}]})
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def run_worker():
    """Takes the messages of the history from the real broker, with the headers that Celery gave them."""
    with broker_connection() as connection:
        [queue] = [queue for queue in current_app.conf.task_queues if queue.name == "order_history"]
        while message := queue(connection.default_channel).get(no_ack=True):
            args, kwargs, _ = message.decode()
            request = {**message.headers, "is_eager": True}
            trace_task(inbox_tasks.receive, message.headers["id"], args, kwargs, request, app=current_app)


def of_trace(spans, trace_id):
    return [span for span in spans() if span.context.trace_id == trace_id]


def test_one_trace_leads_from_the_request_to_the_row(cursors, queued, spans):
    order = order_over_http()
    outbox_tasks.relay.apply()
    run_worker()

    [request] = [span for span in spans() if span.kind == SpanKind.SERVER]
    trace = {span.name: span for span in of_trace(spans, request.context.trace_id)}
    assert {"send orders.order_placed.v1", "apply orders.order_placed.v1"} <= set(trace)
    applied = trace["apply orders.order_placed.v1"]
    assert applied.parent.span_id == request.context.span_id
    assert applied.attributes["messaging.destination.name"] == "order_history"
    event = OutboxEvent.objects.get(subject=order)
    assert applied.attributes["messaging.message.id"] == str(event.pk)
    assert event.traceparent.split("-")[1] == f"{request.context.trace_id:032x}"


def test_the_message_is_a_trace_of_its_own_linked_with_those_of_its_events(cursors, queued, spans):
    order_over_http()
    outbox_tasks.relay.apply()
    run_worker()

    relay, received = (
        next(span for span in spans() if span.name == f"run/event_bus.{task}")
        for task in ("relay", "receive")
    )
    applied = next(span for span in spans() if span.name == "apply orders.order_placed.v1")
    assert received.context.trace_id == relay.context.trace_id != applied.context.trace_id
    assert [link.context.span_id for link in applied.links] == [received.context.span_id]
    assert applied.parent.span_id in [link.context.span_id for link in received.links]


def test_a_dead_letter_is_an_error_of_the_trace_that_caused_it(spans, monkeypatch):
    BrokenTitles(monkeypatch).titles.add("Teapot")
    wire = Wire()
    batch = wire.batch("products", [product(), product(title="Lamp", version=2)])
    for envelope in batch["events"]:
        envelope["traceparent"] = TRACEPARENT

    wire.send(batches=[batch], at=timezone.now())

    failed, applied = sorted(
        (span for span in spans() if span.name.startswith("apply")), key=lambda span: span.name, reverse=True
    )
    assert f"{failed.context.trace_id:032x}" == TRACEPARENT.split("-")[1]
    assert (failed.status.status_code, failed.status.description) == (StatusCode.ERROR, "ValueError")
    assert applied.status.status_code == StatusCode.UNSET


@pytest.mark.parametrize("garbage", ["", "00-nonsense-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
def test_an_event_with_a_broken_trace_context_is_applied_without_a_span(spans, garbage):
    wire = Wire()
    batch = wire.batch("products", [product()])
    batch["events"][0]["traceparent"] = garbage

    wire.send(batches=[batch], at=timezone.now())

    assert not [span for span in spans() if span.name.startswith("apply")]


def test_what_was_applied_already_leaves_no_second_span(spans):
    wire = Wire()
    batch = wire.batch("products", [product()])
    batch["events"][0]["traceparent"] = TRACEPARENT

    wire.send(batches=[batch], at=timezone.now())
    wire.send(batches=[batch], at=timezone.now())

    assert len([span for span in spans() if span.name.startswith("apply")]) == 1


def test_without_tracing_nothing_is_stored_nor_recorded(cursors):
    order = order_over_http()

    assert OutboxEvent.objects.get(subject=order).traceparent is None


def test_a_process_traces_when_opentelemetrys_own_variables_say_so(servers):
    code = (
        "import django; django.setup(); from event_bus import tracing; from django.test import Client;"
        "from django.conf import settings; settings.ALLOWED_HOSTS = ['testserver'];"
        "Client().get('/livez')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CODE_DIR,
        env={
            "OTEL_TRACES_EXPORTER": "console",
            "DATA_DIR": str(servers.data_dir),
            "DJANGO_SETTINGS_MODULE": "config.settings.order_history",
            "PATH": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert '"name": "GET livez"' in done.stdout
