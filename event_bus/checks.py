"""What is known to lose messages or to freeze workers, said at start (`manage.py check --deploy`, each worker)."""

from typing import Any, cast
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from event_bus.queues import broker_errors


@register("event_bus")
def check_worker_settings(**_: Any) -> list[CheckMessage]:
    """Each was seen to leave a worker alive that never consumed again."""
    found: list[CheckMessage] = []
    if settings.CELERY_WORKER_PREFETCH_MULTIPLIER != 1:
        found.append(
            Warning(
                "CELERY_WORKER_PREFETCH_MULTIPLIER is not 1.",
                hint="A worker with spare prefetch exits when the broker goes away during a task.",
                id="event_bus.W001",
            )
        )
    if not settings.CELERY_WORKER_ENABLE_REMOTE_CONTROL:
        found.append(
            Warning(
                "CELERY_WORKER_ENABLE_REMOTE_CONTROL is off.",
                hint="A worker without it may never consume again after a broker outage.",
                id="event_bus.W002",
            )
        )
    return found


@register("event_bus", deploy=True)
def check_broker(**_: Any) -> list[CheckMessage]:
    url = urlsplit(settings.CELERY_BROKER_URL)
    if url.scheme not in ("redis", "rediss", "sentinel"):
        return []
    found: list[CheckMessage] = []
    if not url.password:
        found.append(
            Warning(
                "The broker has no password.",
                hint="Whoever reaches it can run tasks: set requirepass, and CELERY_BROKER_URL=redis://:PASSWORD@….",
                id="event_bus.W003",
            )
        )
    policy = _maxmemory_policy()
    if policy not in (None, "noeviction"):
        found.append(
            Warning(
                f"The broker drops messages when its memory is full (maxmemory-policy {policy}).",
                hint="Set maxmemory-policy noeviction.",
                id="event_bus.W004",
            )
        )
    return found


def _maxmemory_policy() -> str | None:
    """None if the broker cannot be asked."""
    try:
        with current_app.connection_for_write() as connection:
            policy = cast(Any, connection.default_channel).client.config_get("maxmemory-policy")
            return str(policy.get("maxmemory-policy"))
    except broker_errors():
        return None
