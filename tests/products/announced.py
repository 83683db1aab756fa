"""What stands in the outbox."""

from typing import Any

from event_bus.outbox.models import OutboxEvent


def announced_types() -> list[str]:
    return list(OutboxEvent.objects.order_by("id").values_list("type", flat=True))


def last_announced() -> dict[str, Any]:
    return OutboxEvent.objects.latest("id").data
