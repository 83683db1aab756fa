"""Made-up moments of a bus: 3 topics, 8 partitions, 5 subscriptions, going well or badly."""

import math
from datetime import UTC, datetime, timedelta

from event_bus.inbox.canary import CanaryHeard
from event_bus.inbox.freshness import Freshness
from event_bus.status import Status
from event_bus.status.diagnosis import diagnose
from event_bus.status.facts import (
    ComparedPart,
    Comparison,
    Comparisons,
    DeadLetterKind,
    DeadLetters,
    DifferingRow,
    Facts,
    Gap,
    Lane,
    Minute,
    Pace,
    Process,
    Side,
    SubscriptionFacts,
    Topic,
    TopicPace,
)

AT = datetime(2026, 3, 1, 14, 33, 10, tzinfo=UTC)
TOPICS = ("products", "users", "orders")
NAMES = ("order_history", "search", "recommendations", "warehouse", "newsletter")
PARTITIONS = 8
NONE_DEAD = DeadLetters(count=0, oldest=None, kinds=())


def lanes(topics=TOPICS, *, lag=(), gaps=(), known=True):
    """`lag`: (topic, partition) → (events, seconds). `gaps`: the lanes with positions missing."""
    late = dict(lag)
    return tuple(
        lane(topic, number, *late.get((topic, number), (0, None)), gap=(topic, number) in gaps, known=known)
        for topic in topics
        for number in range(PARTITIONS)
    )


def lane(topic, number, lag=0, seconds=None, *, gap=False, known=True):
    head = 1_000 + 37 * number
    missing = (
        Gap(first=head - lag, missing=lag, noticed_at=AT - timedelta(seconds=9), asks=2) if gap else None
    )
    return Lane(
        topic=topic,
        partition=number,
        head=head if known else None,
        sent=head if known else None,
        applied=head - lag if known else None,
        unnumbered=0 if known else None,
        lag=lag if known else None,
        lag_seconds=seconds if known else None,
        gap=missing,
    )


def subscription(
    name="order_history", topics=TOPICS, *, busy=12.4, dead=0, stalled_for=0, comparisons=None, **of_lanes
):
    its_lanes = lanes(topics, **of_lanes)
    late = [one for one in its_lanes if one.lag]
    behind = max((one.lag_seconds or 0 for one in late), default=0.3)
    return SubscriptionFacts(
        name=name,
        topics=topics,
        lanes=its_lanes,
        lag=None if its_lanes[0].lag is None else sum(one.lag or 0 for one in its_lanes),
        lag_seconds=max((one.lag_seconds or 0 for one in late), default=None),
        queue_depth=100 if stalled_for else 1,
        moved_at=AT - timedelta(seconds=stalled_for or 1),
        freshness=Freshness(
            complete_as_of=AT - timedelta(seconds=behind),
            seconds_behind=behind,
            seconds_until_broken=15 - behind,
        ),
        pace=pace(0 if stalled_for else busy, stalled_for, topics=topics),
        canary=CanaryHeard(
            AT - timedelta(seconds=stalled_for + 1.2), AT - timedelta(seconds=stalled_for + 1), took=0.2
        ),
        dead_letters=dead_letters(dead),
        comparisons=comparisons or compared(),
    )


def compared(*, hours_ago=2.0, differed=0, repaired=0, given_up=None, under_way=None):
    last = comparison(hours_ago * 3600, differed=differed, repaired=repaired)
    return Comparisons(last=last, given_up=given_up, under_way=under_way, unseen_since=last.finished_at)


def never_compared():
    return Comparisons(last=None, given_up=None, under_way=None, unseen_since=None)


def comparison(seconds_ago, *, differed=0, repaired=0, error="", finished=True, rows=368_412):
    left = differed - repaired
    at = AT - timedelta(seconds=seconds_ago)
    return Comparison(
        repair=bool(repaired),
        begun_at=at - timedelta(seconds=41.3),
        finished_at=at if finished else None,
        seconds=41.3,
        rows=rows,
        differed=differed,
        repaired=repaired,
        drift_left=left,
        error=error,
        part="orders",
        parts=(
            ComparedPart("products", 12_400, 0, 0),
            ComparedPart("orders", rows - 12_400, differed, repaired),
        ),
        left=tuple(
            DifferingRow("orders", f"018f3a5e-7c1d-7b22-9c41-{number:012x}")
            for number in range(min(left, 10))
        ),
    )


def dead_letters(count):
    if not count:
        return NONE_DEAD
    oldest = AT - timedelta(hours=2)
    error = "1 validation error for OrderPlaced: lines.0.quantity"
    kind = DeadLetterKind("ValidationError", error, "orders.order_placed.v1", count, oldest)
    return DeadLetters(count=count, oldest=oldest, kinds=(kind,))


def pace(busy, stalled_for=0, topics=TOPICS):
    """A market day: waves, a rush, and nothing for as long as it stands still."""
    times = [AT.replace(second=0) - timedelta(minutes=back) for back in reversed(range(60))]
    quiet_since = AT - timedelta(seconds=stalled_for)
    return Pace(
        per_second=float(busy),
        topics=tuple(TopicPace(topic, busy / len(topics)) for topic in topics if busy),
        minutes=tuple(minute(index, time, busy or 20) for index, time in enumerate(times))
        if not stalled_for
        else tuple(
            minute(index, time, 20) if time < quiet_since else Minute(at=time, events=0, late=None)
            for index, time in enumerate(times)
        ),
        p50=0.18,
        p99=0.9,
    )


def minute(index, at, busy):
    wave = 1 + 0.45 * math.sin(index / 5) + 0.2 * math.sin(index * 1.7)
    rush = 1.9 if 38 <= index <= 43 else 1.0
    late = 0.25 + 0.08 * math.sin(index * 2.3) + (0.9 if rush > 1 else 0)
    return Minute(at=at, events=int(busy * 60 * wave * rush), late=late)


def process(kind, queue="", *, seen=1.0, alive=True, number=1):
    at = AT - timedelta(seconds=seen)
    return Process(kind, queue, f"shop:{4000 + number}", AT - timedelta(hours=3), at, alive)


def facts(subscriptions, *, processes=None, broker=None, waiting=0):
    workers = [process("worker", one.name, seen=0.8) for one in subscriptions]
    return Facts(
        at=AT,
        objective=15.0,
        outbox=Side("the shop's database", answers=True),
        inbox=Side("the readers' database", answers=True),
        broker=broker or Side("the broker", answers=True),
        topics=tuple(
            Topic(name, events=events, unnumbered=waiting)
            for name, events in zip(TOPICS, (12_408, 50_112, 318_204), strict=True)
        ),
        subscriptions=tuple(subscriptions),
        processes=tuple(
            processes
            if processes is not None
            else [
                process("beat", seen=1.1),
                process("relay", seen=0.4),
                process("worker", "outbox", seen=0.9),
                *workers,
            ]
        ),
        outbox_queue_depth=0,
        strays=NONE_DEAD,
        pruning_since=None,
    )


def healthy():
    paces = (12.4, 12.4, 3.1, 9.3, 0)
    topics = (TOPICS, ("products",), ("orders", "products"), TOPICS, ("users", "orders"))
    return diagnosed(
        facts(
            [
                subscription(name, topics[index], busy=paces[index], lag=[(("orders", 3), (2, 0.4))])
                if name == "warehouse"
                else subscription(name, topics[index], busy=paces[index])
                for index, name in enumerate(NAMES)
            ]
        )
    )


def largest():
    """Every subscription listens to every topic."""
    return diagnosed(facts([subscription(name) for name in NAMES]))


def trouble():
    behind = [
        ((topic, number), (310 + 17 * number, 48.0 + number)) for topic in TOPICS for number in range(8)
    ]
    history, search, recommendations, warehouse, newsletter = NAMES
    vain = comparison(600, error="waited in vain for digests of the source (products)", rows=12_400)
    running = comparison(0, finished=False, rows=120_000)
    subscriptions = [
        subscription(
            history, stalled_for=330, lag=behind, comparisons=compared(differed=14, repaired=2, given_up=vain)
        ),
        subscription(search, ("products",), comparisons=never_compared()),
        subscription(
            recommendations,
            ("orders", "products"),
            gaps={("orders", 5)},
            lag=[(("orders", 5), (4, 9.0))],
            comparisons=compared(under_way=running),
        ),
        subscription(
            warehouse, dead=3, lag=[(("orders", 2), (1, 0.2))], comparisons=compared(differed=2, repaired=2)
        ),
        subscription(newsletter, ("users", "orders"), busy=0),
    ]
    processes = [
        process("beat", seen=1.1),
        process("relay", seen=0.4),
        process("worker", "outbox", seen=0.9),
        process("worker", history, seen=330, alive=False),
        *(process("worker", name) for name in NAMES[1:]),
    ]
    return diagnosed(facts(subscriptions, processes=processes))


def nothing_known():
    """The broker and both databases are away."""
    away = "OperationalError: connection refused"
    one = subscription(known=False)
    unknown = SubscriptionFacts(
        **{
            **{name: getattr(one, name) for name in ("name", "topics", "lanes", "lag", "lag_seconds")},
            **dict.fromkeys(
                ("queue_depth", "moved_at", "freshness", "pace", "canary", "dead_letters", "comparisons")
            ),
        }
    )
    known = facts([unknown])
    values = {name: getattr(known, name) for name in Facts.__dataclass_fields__}
    values |= {
        "outbox": Side("the shop's database", answers=False, error=away),
        "inbox": Side("the readers' database", answers=False, error=away),
        "broker": Side("the broker", answers=False, error=away),
        "topics": tuple(Topic(name, None, None) for name in TOPICS),
        "processes": (),
        "outbox_queue_depth": None,
        "strays": None,
        "pruning_since": None,
    }
    return diagnosed(Facts(**values))


def diagnosed(known):
    return Status(diagnose(known), known)
