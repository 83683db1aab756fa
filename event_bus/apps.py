from django.apps import AppConfig


class EventBusConfig(AppConfig):
    name = "event_bus"
    verbose_name = "Event bus"
