from django.apps import AppConfig


class InboxConfig(AppConfig):
    name = "event_bus.inbox"
    label = "inbox"
    verbose_name = "Event bus: inbox"
