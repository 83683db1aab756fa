from django.apps import AppConfig


class EventBusConfig(AppConfig):
    name = "event_bus"
    verbose_name = "Event bus"

    def ready(self) -> None:
        from event_bus import checks  # noqa: F401
