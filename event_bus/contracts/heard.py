"""The wiring: topic → subscription → event → handler, as the projections of the subscriptions declare it."""

from dataclasses import dataclass

from django.utils.module_loading import import_string

from event_bus.events import Event
from event_bus.inbox.projections import Projection
from event_bus.subscriptions import Subscription, all_subscriptions


class NoProjection(ImportError):
    """The dotted path of a subscription's projection leads nowhere."""


@dataclass(frozen=True)
class Heard:
    """One kind of event that a subscription listens to."""

    subscription: Subscription
    event_class: type[Event]
    handler: str
    """Dotted path."""

    @property
    def type(self) -> str:
        return self.event_class.type

    @property
    def topic(self) -> str:
        return self.event_class.topic()


def heard_events() -> list[Heard]:
    """In the order of settings and of the projections. Raises NoProjection."""
    return [heard for subscription in all_subscriptions() for heard in heard_by(subscription)]


def heard_by(subscription: Subscription) -> list[Heard]:
    """Raises NoProjection."""
    try:
        projection = import_string(subscription.projection)
    except ImportError as error:
        raise NoProjection(f"{subscription.projection!r} cannot be imported: {error}") from error
    if not isinstance(projection, Projection):
        raise NoProjection(f"{subscription.projection!r} is no Projection")
    classes = projection.event_classes
    return [
        Heard(subscription, classes[type_], f"{handler.__module__}.{handler.__qualname__}")
        for type_, handler in projection.handlers.items()
    ]
