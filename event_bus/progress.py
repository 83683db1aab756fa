"""How far each subscription has come: what the outbox holds against what the inbox has applied."""

from dataclasses import dataclass

from django.apps import apps
from django.db.models import Sum

from event_bus.inbox import ranges
from event_bus.inbox.models import Checkpoint
from event_bus.subscriptions import Subscription, all_subscriptions


@dataclass(frozen=True)
class Progress:
    """`announced` counts the committed events of the subscription's topics, numbered or not."""

    subscription: str
    announced: int
    applied: int

    @property
    def caught_up(self) -> bool:
        return self.applied >= self.announced


class NoOutboxHere(RuntimeError):
    """These settings run subscribers alone, and only the announcing side knows what was announced."""


def progress() -> list[Progress]:
    """Raises NoOutboxHere."""
    if not apps.is_installed("event_bus.outbox"):
        raise NoOutboxHere("only the shop's own settings know what was announced: here is no outbox")
    return [_progress_of(subscription) for subscription in all_subscriptions()]


def _progress_of(subscription: Subscription) -> Progress:
    from event_bus.outbox.models import OutboxEvent, Partition  # cannot be imported where it is not installed

    # In this order: what is numbered meanwhile is counted twice, never left out.
    unnumbered = OutboxEvent.objects.filter(position=None, partition__topic__in=subscription.topics).count()
    numbered = (
        Partition.objects.filter(topic__in=subscription.topics).aggregate(total=Sum("head"))["total"] or 0
    )
    applied = sum(
        ranges.count(row.applied)
        for row in Checkpoint.objects.of(subscription.name).filter(topic__in=subscription.topics)
    )
    return Progress(subscription=subscription.name, announced=numbered + unnumbered, applied=applied)
