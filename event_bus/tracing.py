"""One trace from the request to the row: W3C trace context travels with each event (OpenTelemetry).

A batch holds events of many traces, so nothing that happens to a batch can be part of one of them. Instead each
traced event gets a short span in its own trace, linked with the span of the batch. Off, which it is unless
settings.TRACING says otherwise, all of this is one comparison for each batch.
"""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

_tracer: "Tracer | None" = None

MOST_LINKS = 100
"""Of a batch with the traces of its events; OpenTelemetry keeps 128."""


def set_up() -> None:
    """Trace this process as the OTEL_… variables of its environment say. Raises ImproperlyConfigured."""
    if not settings.TRACING:
        return
    try:
        from event_bus.exporting import tracer_provider
    except ImportError as error:
        raise ImproperlyConfigured(
            f"tracing is asked for (OTEL_…), but {error.name} is missing: pip install -r requirements-tracing.txt"
        ) from error
    instrument(tracer_provider())


def instrument(provider: "TracerProvider") -> None:
    """Send all spans there: the bus's own, and those of Django, Celery, psycopg and Redis."""
    global _tracer
    _tracer = provider.get_tracer("event_bus")
    for instrumentor in _instrumentors():
        instrumentor.instrument(tracer_provider=provider)


def stop() -> None:
    global _tracer
    _tracer = None
    for instrumentor in _instrumentors():
        instrumentor.uninstrument()


def current_traceparent() -> str | None:
    """Of what happens here and now; None if nobody records it."""
    if _tracer is None:
        return None
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    if not (context.is_valid and context.trace_flags.sampled):
        return None
    ids = f"{trace.format_trace_id(context.trace_id)}-{trace.format_span_id(context.span_id)}"
    return f"00-{ids}-{context.trace_flags:02x}"


def current_trace_id() -> str | None:
    traceparent = current_traceparent()
    return traceparent and traceparent.split("-")[1]


class Trail:
    """What happens to the events of one message: a span for each that is traced, once `end` is called."""

    def __init__(self, step: str, subscription: str) -> None:
        self._step, self._subscription = step, subscription
        self._began_at = time.time_ns()
        self._seen: list[tuple[dict[str, Any], Exception | None]] = []

    def add(self, envelopes: Iterable[Any], error: Exception | None = None) -> None:
        if _tracer is not None:
            self._seen += [
                (one, error) for one in envelopes if isinstance(one, dict) and "traceparent" in one
            ]

    def end(self) -> None:
        """After the commit: what was rolled back did not happen."""
        if _tracer is None or not self._seen:
            return
        from opentelemetry import trace

        batch = trace.get_current_span()
        links = [trace.Link(batch.get_span_context())] if batch.get_span_context().is_valid else []
        for number, (envelope, error) in enumerate(self._seen):
            self._record(_tracer, envelope, error, links, batch if number < MOST_LINKS else None)

    def _record(
        self, tracer: "Tracer", envelope: dict[str, Any], error: Exception | None, links: Any, batch: Any
    ) -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        parent = TraceContextTextMapPropagator().extract({"traceparent": str(envelope["traceparent"])})
        origin = trace.get_current_span(parent).get_span_context()
        if not origin.is_valid:
            return
        if batch:
            batch.add_link(origin)
        span = tracer.start_span(
            f"{self._step} {envelope.get('type')}",
            context=parent,
            kind=trace.SpanKind.PRODUCER if self._step == "send" else trace.SpanKind.CONSUMER,
            attributes={
                "messaging.destination.name": self._subscription,
                "messaging.message.id": str(envelope.get("id")),
                "event_bus.position": str(envelope.get("position")),
            },
            links=links,
            start_time=self._began_at,
        )
        if error:
            span.record_exception(error)
            span.set_status(trace.StatusCode.ERROR, type(error).__name__)
        span.end()


def _instrumentors() -> list[Any]:
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor

    celery: Any = CeleryInstrumentor  # without types
    return [DjangoInstrumentor(), celery(), PsycopgInstrumentor(), RedisInstrumentor()]
