"""What the subscriptions' side knows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Max, QuerySet, Sum
from django.db.models.functions import TruncMinute

from event_bus import canary
from event_bus.inbox.canary import CanaryHeard, newest_canary
from event_bus.inbox.dead_letter_groups import group_by_error
from event_bus.inbox.freshness import Freshness, freshness_of
from event_bus.inbox.models import Checkpoint, DeadLetter, Delivery, SignOfLife
from event_bus.latencies import add_up, percentile
from event_bus.status.comparisons import comparisons_of
from event_bus.status.facts import Comparisons, DeadLetterKind, DeadLetters, Minute, Pace, Process, TopicPace
from event_bus.status.processes import processes
from event_bus.subscriptions import Subscription, all_subscriptions

RECENT = timedelta(minutes=5)
MOST_ENTRIES = 2_000
"""Newest entries of the journal that the percentiles are made of."""

MOST_KINDS = 10
"""Of dead letters that are told apart."""


@dataclass(frozen=True)
class SubscriptionSide:
    checkpoints: Mapping[tuple[str, int], Checkpoint]
    freshness: Freshness
    pace: Pace
    canary: CanaryHeard | None
    moved_at: datetime | None
    """When it last applied or heard anything."""
    dead_letters: DeadLetters
    comparisons: Comparisons


@dataclass(frozen=True)
class InboxSide:
    subscriptions: Mapping[str, SubscriptionSide]
    strays: DeadLetters
    """Messages put aside that belong to no subscription."""
    processes: tuple[Process, ...]


def ask(at: datetime) -> InboxSide:
    subscriptions = all_subscriptions()
    names = [one.name for one in subscriptions]
    return InboxSide(
        subscriptions={one.name: _ask_about(one, at) for one in subscriptions},
        strays=_dead_letters(DeadLetter.objects.waiting().exclude(subscription__in=names)),
        processes=processes(SignOfLife.objects.all().until(at), at),
    )


def _ask_about(subscription: Subscription, at: datetime) -> SubscriptionSide:
    checkpoints = Checkpoint.objects.of(subscription.name)
    entries = Delivery.objects.filter(subscription=subscription.name)
    applied_at = entries.filter(applied_at__gt=at - RECENT).aggregate(last=Max("applied_at"))["last"]
    heard_at = max((row.heard_at for row in checkpoints if row.heard_at), default=None)
    return SubscriptionSide(
        checkpoints={(row.topic, row.partition): row for row in checkpoints},
        freshness=freshness_of(subscription.name, at=at),
        pace=_pace(entries, at),
        canary=newest_canary(subscription.name),
        moved_at=max(filter(None, [applied_at, heard_at]), default=None),
        dead_letters=_dead_letters(DeadLetter.objects.waiting().filter(subscription=subscription.name)),
        comparisons=comparisons_of(subscription.name, at),
    )


def _pace(entries: QuerySet[Delivery], at: datetime) -> Pace:
    minute = timedelta(minutes=1)
    this_minute = at.replace(second=0, microsecond=0)
    events = entries.exclude(topic=canary.TOPIC)
    grouped = events.filter(applied_at__gte=this_minute - 59 * minute).values_list(TruncMinute("applied_at"))
    counts = Counter(dict(grouped.annotate(count=Sum("applied")).order_by()))
    since = entries.filter(applied_at__gte=this_minute - 59 * minute, committed_at__isnull=False)
    worst = Max(F("applied_at") - F("committed_at"))
    ages = dict(since.values_list(TruncMinute("applied_at")).annotate(worst=worst).order_by())
    last_minute = events.filter(applied_at__gt=at - minute, applied__gt=0).values_list("topic")
    by_topic = dict(last_minute.annotate(count=Sum("applied")).order_by())
    recent = entries.filter(applied_at__gt=at - RECENT, applied__gt=0).order_by("-applied_at")
    latencies = add_up(recent.values_list("latencies", flat=True)[:MOST_ENTRIES])
    times = [this_minute - back * minute for back in reversed(range(60))]
    return Pace(
        per_second=sum(by_topic.values()) / 60,
        topics=tuple(TopicPace(topic, count / 60) for topic, count in by_topic.items()),
        minutes=tuple(Minute(time, counts[time], late=_seconds(ages.get(time))) for time in times),
        p50=percentile(latencies, 50),
        p99=percentile(latencies, 99),
    )


def _seconds(age: timedelta | None) -> float | None:
    return age.total_seconds() if age is not None else None


def _dead_letters(letters: QuerySet[DeadLetter]) -> DeadLetters:
    kinds = [
        DeadLetterKind(
            error_type=group.error_type,
            error=group.error,
            type=group.type,
            count=group.count,
            oldest=group.oldest,
        )
        for group in group_by_error(letters)
    ]
    return DeadLetters(
        count=sum(kind.count for kind in kinds),
        oldest=min((kind.oldest for kind in kinds), default=None),
        kinds=tuple(kinds[:MOST_KINDS]),
    )
