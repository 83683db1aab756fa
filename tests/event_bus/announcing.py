"""Facts for tests of the bus, which does not care what they say."""

from typing import ClassVar
from uuid import UUID, uuid4

from django.db import transaction

from event_bus.events import Event
from event_bus.outbox.models import OutboxEvent
from event_bus.outbox.publishing import publish_all


class ThingHappened(Event):
    type: ClassVar[str] = "products.thing_happened.v1"

    product_id: UUID
    note: str = ""

    @property
    def subject(self) -> UUID:
        return self.product_id


def announce(count=1, note="", key=None):
    """Commits `count` events, each of a product of its own unless `key` is given. Returns them as they are stored."""
    with transaction.atomic():
        publish_all(ThingHappened(product_id=key or uuid4(), note=note, version=1) for _ in range(count))
    return list(OutboxEvent.objects.order_by("-id")[:count])[::-1]
