"""What outbox and inbox know of each partition, laid side by side for one subscription."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from event_bus.inbox import ranges
from event_bus.inbox.models import Checkpoint
from event_bus.status.facts import Gap, Lane, SubscriptionFacts
from event_bus.status.inbox_side import SubscriptionSide
from event_bus.subscriptions import Subscription

if TYPE_CHECKING:  # cannot be imported where it is not installed
    from event_bus.status.outbox_side import OutboxSide, Place


def facts_of(
    subscription: Subscription,
    outbox: "OutboxSide | None",
    inbox: SubscriptionSide | None,
    depths: Mapping[str, int] | None,
    at: datetime,
) -> SubscriptionFacts:
    places = {*(outbox.heads if outbox else ()), *(inbox.checkpoints if inbox else ())}
    lanes = tuple(
        _lane(subscription.name, place, outbox, inbox, at)
        for place in sorted(places)
        if place[0] in subscription.topics
    )
    lags = [lane.lag for lane in lanes if lane.lag is not None]
    ages = [lane.lag_seconds for lane in lanes if lane.lag_seconds is not None]
    return SubscriptionFacts(
        name=subscription.name,
        topics=subscription.topics,
        lanes=lanes,
        lag=sum(lags) if lags else None,
        lag_seconds=max(ages, default=None),
        queue_depth=depths[subscription.queue] if depths else None,
        moved_at=inbox.moved_at if inbox else None,
        freshness=inbox.freshness if inbox else None,
        pace=inbox.pace if inbox else None,
        canary=inbox.canary if inbox else None,
        dead_letters=inbox.dead_letters if inbox else None,
        comparisons=inbox.comparisons if inbox else None,
    )


def _lane(
    name: str, place: "Place", outbox: "OutboxSide | None", inbox: SubscriptionSide | None, at: datetime
) -> Lane:
    checkpoint = (inbox.checkpoints.get(place) or Checkpoint(subscription=name)) if inbox else None
    unnumbered = outbox.unnumbered.get(place) if outbox else None
    waiting = (unnumbered.count if unnumbered else 0) if outbox else None
    head = outbox.heads.get(place, 0) if outbox else checkpoint.head if checkpoint else None
    applied = ranges.count(checkpoint.applied) if checkpoint else None
    sent = outbox.sent.get((name, place), 0) if outbox else None
    lag = None if head is None or applied is None else max(head - applied, 0) + (waiting or 0)
    return Lane(
        topic=place[0],
        partition=place[1],
        head=head,
        sent=sent,
        applied=applied,
        unnumbered=waiting,
        lag=lag,
        lag_seconds=_age_of_lag(lag, name, place, outbox, checkpoint, at),
        gap=_gap(checkpoint, sent),
    )


def _age_of_lag(
    lag: int | None,
    name: str,
    place: "Place",
    outbox: "OutboxSide | None",
    checkpoint: Checkpoint | None,
    at: datetime,
) -> float | None:
    """Without the outbox: since when the partition is not known to be complete."""
    if not lag:
        return None if lag is None else 0.0
    if outbox:
        unnumbered = outbox.unnumbered.get(place)
        since = [outbox.oldest_waiting.get((name, place)), unnumbered.oldest if unnumbered else None]
    else:
        since = [checkpoint.complete_as_of if checkpoint else None]
    return max(((at - time).total_seconds() for time in since if time), default=None)


def _gap(checkpoint: Checkpoint | None, sent: int | None) -> Gap | None:
    if checkpoint is None or checkpoint.gap_position is None or checkpoint.gap_noticed_at is None:
        return None
    runs = ranges.missing(checkpoint.applied, checkpoint.head if sent is None else sent)
    return Gap(
        first=checkpoint.gap_position,
        missing=sum(last - first + 1 for first, last in runs),
        noticed_at=checkpoint.gap_noticed_at,
        asks=checkpoint.gap_asks,
    )
