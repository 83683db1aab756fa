"""Refuses wiring in which events would get lost or stuck, at every start and in `manage.py check`."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from event_bus.contracts.announced import announced_events
from event_bus.contracts.heard import Heard, NoProjection, heard_by
from event_bus.messages import OUTBOX_QUEUE
from event_bus.subscriptions import Subscription, all_subscriptions, all_topics


@register("event_bus")
def check_queues(**_: Any) -> list[CheckMessage]:
    queues = {queue.name for queue in settings.CELERY_TASK_QUEUES}
    found: list[CheckMessage] = [
        Error(
            f"The subscription {subscription.name!r} has no queue.",
            hint="Add it to CELERY_TASK_QUEUES.",
            id="event_bus.E001",
        )
        for subscription in all_subscriptions()
        if subscription.queue not in queues
    ]
    if OUTBOX_QUEUE not in queues:
        found.append(
            Error(
                f"The relay has no queue {OUTBOX_QUEUE!r}.",
                hint="Add it to CELERY_TASK_QUEUES.",
                id="event_bus.E001",
            )
        )
    return found


@register("event_bus")
def check_sentinel(**_: Any) -> list[CheckMessage]:
    """Without the name nothing connects: neither a worker nor whoever wakes the relay."""
    master = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("master_name")
    if not settings.CELERY_BROKER_URL.startswith("sentinel") or master:
        return []
    return [
        Error(
            "The broker's address is that of Sentinels, and nothing says which servers they watch.",
            hint="Set CELERY_BROKER_MASTER_NAME to the name in their `sentinel monitor`.",
            id="event_bus.E007",
        )
    ]


@register("event_bus")
def check_subscriptions(**_: Any) -> list[CheckMessage]:
    return [message for subscription in all_subscriptions() for message in _of_subscription(subscription)]


@register("event_bus")
def check_announcements(**_: Any) -> list[CheckMessage]:
    """Where nothing is announced, as in the history alone, nobody can say what is missing."""
    if not apps.is_installed("event_bus.outbox"):
        return []
    found: list[CheckMessage] = [
        Error(
            f"{event_class.type} is announced, and its topic {event_class.topic()!r} has no partitions.",
            hint="Add the topic to EVENT_BUS['TOPICS'], then run: manage.py migrate",
            id="event_bus.E005",
        )
        for event_class in announced_events()
        if event_class.topic() not in all_topics()
    ]
    if settings.EVENT_BUS["PARTITIONS"] < 1:
        found.append(
            Error("The topics have no partitions.", hint="Set EVENT_BUS_PARTITIONS.", id="event_bus.E005")
        )
    listened_to = {topic for subscription in all_subscriptions() for topic in subscription.topics}
    found += [
        Warning(f"Nobody listens to the topic {topic!r}.", id="event_bus.W006")
        for topic in all_topics()
        if topic not in listened_to
    ]
    return found


def _of_subscription(subscription: Subscription) -> Iterator[CheckMessage]:
    try:
        heard = heard_by(subscription)
    except NoProjection as error:
        yield Error(
            f"The subscription {subscription.name!r} has no projection: {error}.", id="event_bus.E002"
        )
        return
    yield from _strays(subscription, heard)
    if apps.is_installed("event_bus.outbox"):
        yield from _unannounced(subscription, heard)
        yield from _unhandled(subscription, heard)


def _strays(subscription: Subscription, heard: list[Heard]) -> Iterator[CheckMessage]:
    for one in heard:
        if one.topic not in subscription.topics:
            yield Error(
                f"{one.handler} handles {one.type}, and {subscription.name!r} does not listen to {one.topic!r}.",
                hint=f"Add {one.topic!r} to the TOPICS of the subscription, or take the handler away.",
                id="event_bus.E003",
            )


def _unannounced(subscription: Subscription, heard: list[Heard]) -> Iterator[CheckMessage]:
    for topic in subscription.topics:
        if topic not in all_topics():
            yield Error(
                f"The subscription {subscription.name!r} listens to {topic!r}, which nobody announces.",
                hint="Announced are: " + ", ".join(all_topics()),
                id="event_bus.E004",
            )
    announced = {event_class.type for event_class in announced_events()}
    for one in heard:
        if one.topic in subscription.topics and one.topic in all_topics() and one.type not in announced:
            yield Error(f"{one.handler} handles {one.type}, which nobody announces.", id="event_bus.E004")


def _unhandled(subscription: Subscription, heard: list[Heard]) -> Iterator[CheckMessage]:
    handled = {one.type for one in heard}
    for event_class in announced_events():
        if event_class.topic() in subscription.topics and event_class.type not in handled:
            yield Warning(
                f"{subscription.name!r} has no handler for {event_class.type}: each becomes a dead letter.",
                hint="Declare a handler, if only one that does nothing.",
                id="event_bus.W005",
            )
