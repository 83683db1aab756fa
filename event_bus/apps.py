from django.apps import AppConfig


class EventBusConfig(AppConfig):
    name = "event_bus"
    verbose_name = "Event bus"

    def ready(self) -> None:
        # Here and not in a signal of Celery's, which would swallow what goes wrong; and before any connection is made.
        from event_bus import checks, relations, task_context, tracing, wiring_checks, worker  # noqa: F401
        from event_bus.logs import configure_structlog

        configure_structlog()
        tracing.set_up()
