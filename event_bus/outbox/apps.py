from django.apps import AppConfig
from django.db.models.signals import post_migrate


class OutboxConfig(AppConfig):
    name = "event_bus.outbox"
    label = "outbox"
    verbose_name = "Event bus: outbox"

    def ready(self) -> None:
        from event_bus.outbox.partitions import create_partitions

        post_migrate.connect(create_partitions, sender=self)
