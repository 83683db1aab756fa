"""One line of log per thing that happened, from whatever library: readable for people, or JSON for machines.

Text for people stands in the message; what a machine looks for stands beside it, in fields that have one
name everywhere: event_id, type, subject, topic, partition, position, subscription, correlation_id, actor.
"""

import sys
from typing import Any

import structlog
from celery.signals import setup_logging
from structlog.typing import EventDict, Processor

from event_bus.context import current
from event_bus.tracing import current_trace_id


def logging_settings(*, format: str, level: str) -> dict[str, Any]:
    """What `settings.LOGGING` and gunicorn take. `format`: "text" or "json"; raises ValueError for any other."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*_DESCRIBE, structlog.stdlib.ExtraAdder(), _without_celery_noise],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *_rendered_as(format),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": "INFO"},  # or Django writes every line a second time
            "django.server": {
                "handlers": [],
                "level": "WARNING",
                "propagate": True,
            },  # said by RequestContext
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        },
    }


def configure_structlog() -> None:
    """What `structlog.get_logger` gives: a logger of the standard library that takes fields as keywords."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_DESCRIBE,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


@setup_logging.connect
def leave_logging_alone(**_: Any) -> None:
    """Celery sets up none of its own where somebody listens to this signal."""


def _say_who(_: Any, __: str, event: EventDict) -> EventDict:
    context = current()
    if context.correlation_id:
        event.setdefault("correlation_id", context.correlation_id)
    if actor := context.actor:
        event.setdefault("actor", actor)
    if trace_id := current_trace_id():
        event.setdefault("trace_id", trace_id)
    return event


def _without_celery_noise(_: Any, __: str, event: EventDict) -> EventDict:
    """Celery's and Django's own extras are objects, or say again what the message says."""
    for name in ("data", "request", "status_code", "server_time"):
        event.pop(name, None)
    return event


_DESCRIBE: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    _say_who,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def _rendered_as(format: str) -> list[Processor]:
    if format == "json":
        return [
            structlog.processors.EventRenamer("message"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
        ]
    if format == "text":
        # Plain tracebacks: the rich ones print every local variable, and so passwords.
        plain = structlog.dev.plain_traceback
        return [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=plain
            )
        ]
    raise ValueError(f"LOG_FORMAT is text or json, not {format!r}")
