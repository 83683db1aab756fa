"""Who listens to which topics: read from settings, so that the sender never imports a listener."""

from dataclasses import dataclass

from django.conf import settings

from event_bus import canary


@dataclass(frozen=True)
class Subscription:
    """One listening app. Its name is also its Celery queue."""

    name: str
    topics: tuple[str, ...]
    projection: str
    """Dotted path of the listener's `Projection`; only the inbox imports it."""

    @property
    def queue(self) -> str:
        return self.name

    @property
    def hears(self) -> tuple[str, ...]:
        """Its topics, and the canary's. What it listened to once is sent to it no more."""
        return (*self.topics, canary.TOPIC)


class UnknownSubscription(LookupError):
    """Nobody of that name is subscribed."""


def all_subscriptions() -> list[Subscription]:
    return [
        Subscription(name=name, topics=tuple(entry["TOPICS"]), projection=entry["PROJECTION"])
        for name, entry in settings.EVENT_BUS["SUBSCRIPTIONS"].items()
    ]


def get_subscription(name: str) -> Subscription:
    """Raises UnknownSubscription, which names the known ones."""
    for subscription in all_subscriptions():
        if subscription.name == name:
            return subscription
    known = ", ".join(subscription.name for subscription in all_subscriptions()) or "none"
    raise UnknownSubscription(f"no subscription is called {name!r}; known: {known}")


def all_topics() -> list[str]:
    """The topics that this process announces."""
    return list(settings.EVENT_BUS["TOPICS"])


def known_topics() -> list[str]:
    """Those that this process announces, and those that anybody listens to."""
    heard = (topic for subscription in all_subscriptions() for topic in subscription.topics)
    return list(dict.fromkeys([*all_topics(), *heard]))
