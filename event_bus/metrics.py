"""`/metrics` for Prometheus: the numbers of the status, asked for anew with every scrape."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from secrets import compare_digest

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from event_bus.messages import OUTBOX_QUEUE
from event_bus.status import Status, bus_status
from event_bus.status.diagnosis import Level
from event_bus.status.facts import Facts, SubscriptionFacts

Sample = tuple[tuple[str, ...], float | None]
"""The values of the labels, and the number; None if it is not known."""


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """With METRICS_TOKEN set, whoever sends it as a bearer token; else only this machine, and no proxy on it."""
    if not _may_read(request):
        return HttpResponse("Send METRICS_TOKEN as a bearer token.\n", "text/plain", 401)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BusCollector(bus_status(at=timezone.now())))
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    if token := settings.METRICS_TOKEN:
        return compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode())
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip"))
    return not forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    """A unix socket has no address, and only this machine reaches it, but a proxy is what uses it."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class BusCollector(Collector):
    """What is not known is left out, never 0, so that `absent()` means something."""

    def __init__(self, status: Status) -> None:
        self._status = status

    def collect(self) -> Iterator[GaugeMetricFamily]:
        healthy = self._status.diagnosis.level in (Level.HEALTHY, Level.ATTENTION)
        yield _gauge("healthy", "1 while events flow in time; dead letters may wait.", [], [((), healthy)])
        facts = self._status.facts
        yield from _of_topics(facts)
        yield from _of_lanes(facts)
        yield from _of_subscriptions(facts)
        yield _gauge("queue_depth", "Messages that wait.", ["queue"], _depths(facts))
        yield _gauge(
            "last_seen_seconds",
            "Since the last sign of life of beat, of a run of the relay, of a subscription's worker.",
            ["process"],
            _last_seen(facts),
        )


def _of_topics(facts: Facts) -> Iterator[GaugeMetricFamily]:
    heads: dict[tuple[str, ...], float | None] = {}
    unnumbered: dict[tuple[str, ...], float | None] = {}
    for one in facts.subscriptions:
        for lane in one.lanes:
            heads[lane.topic, str(lane.partition)] = lane.head
            unnumbered[lane.topic, str(lane.partition)] = lane.unnumbered
    labels = ["topic", "partition"]
    yield _gauge("head", "The last position given out.", labels, heads.items())
    yield _gauge("unnumbered", "Committed events without a position.", labels, unnumbered.items())


def _of_lanes(facts: Facts) -> Iterator[GaugeMetricFamily]:
    lanes = [
        ((one.name, lane.topic, str(lane.partition)), lane)
        for one in facts.subscriptions
        for lane in one.lanes
    ]
    labels = ["subscription", "topic", "partition"]
    yield _gauge("sent", "The last position sent.", labels, [(key, lane.sent) for key, lane in lanes])
    yield _gauge("applied", "Positions applied.", labels, [(key, lane.applied) for key, lane in lanes])
    yield _gauge("lag_events", "Committed, not applied.", labels, [(key, lane.lag) for key, lane in lanes])
    yield _gauge(
        "lag_seconds",
        "Age of the oldest event not applied.",
        labels,
        [(key, lane.lag_seconds) for key, lane in lanes],
    )
    yield _gauge(
        "gaps",
        "Positions that were sent and are missing.",
        labels,
        [(key, None if lane.applied is None else lane.gap.missing if lane.gap else 0) for key, lane in lanes],
    )


def _of_subscriptions(facts: Facts) -> Iterator[GaugeMetricFamily]:
    labels = ["subscription"]
    known = [((one.name,), one) for one in facts.subscriptions]
    yield _gauge(
        "throughput_events_per_second",
        "Applied in the last minute.",
        labels,
        [(key, one.pace.per_second if one.pace else None) for key, one in known],
    )
    yield _gauge(
        "canary_age_seconds",
        "Since the newest canary that was heard committed.",
        labels,
        [
            (key, (facts.at - one.canary.committed_at).total_seconds() if one.canary else None)
            for key, one in known
        ],
    )
    yield _gauge(
        "freshness_objective_seconds_left",
        "Until the freshness objective is broken if nothing moves; negative since it was.",
        labels,
        [(key, one.freshness.seconds_until_broken if one.freshness else None) for key, one in known],
    )
    yield _gauge(
        "commit_to_visible_seconds",
        "From commit to applied, over the last minutes.",
        ["subscription", "quantile"],
        [
            ((one.name, quantile), value)
            for one in facts.subscriptions
            if one.pace
            for quantile, value in (("0.5", one.pace.p50), ("0.99", one.pace.p99))
        ],
    )
    yield _gauge(
        "dead_letters",
        "Events put aside that wait.",
        ["subscription", "error_type"],
        [sample for one in facts.subscriptions for sample in _dead_letters(one)],
    )
    yield from _of_comparisons(facts)


def _of_comparisons(facts: Facts) -> Iterator[GaugeMetricFamily]:
    """Of those that came to their end: one that was given up has not seen everything."""
    runs = [(one.name, one.comparisons.last) for one in facts.subscriptions if one.comparisons]
    last = [(name, run) for name, run in runs if run and run.finished_at]
    yield _gauge(
        "drift_rows",
        "Rows that still differed from their sources at the end of the last comparison.",
        ["subscription", "part"],
        [((name, part.name), part.differed - part.repaired) for name, run in last for part in run.parts],
    )
    yield _gauge(
        "comparison_age_seconds",
        "Since the last comparison with the sources came to its end; while none ever has, since the first began.",
        ["subscription"],
        [
            ((one.name,), (facts.at - since).total_seconds())
            for one in facts.subscriptions
            if one.comparisons and (since := one.comparisons.unseen_since)
        ],
    )


def _dead_letters(one: SubscriptionFacts) -> Iterator[Sample]:
    """0 where there is none, so that the series is there before the first."""
    if one.dead_letters:
        by_type: dict[str, int] = {} if one.dead_letters.kinds else {"": 0}
        for kind in one.dead_letters.kinds:
            by_type[kind.error_type] = by_type.get(kind.error_type, 0) + kind.count
        yield from (((one.name, error_type), count) for error_type, count in by_type.items())


def _depths(facts: Facts) -> Iterator[Sample]:
    yield (OUTBOX_QUEUE,), facts.outbox_queue_depth
    yield from (((one.name,), one.queue_depth) for one in facts.subscriptions)


def _last_seen(facts: Facts) -> Iterator[Sample]:
    newest: dict[str, float] = {}
    known = {"", OUTBOX_QUEUE, *(one.name for one in facts.subscriptions)}
    for process in facts.processes:
        if process.queue not in known:  # of a subscription that is no more
            continue
        name = process.queue or process.kind
        silent = max((facts.at - process.seen_at).total_seconds(), 0.0)
        newest[name] = min(silent, newest.get(name, silent))
    yield from (((name,), silent) for name, silent in newest.items())


def _gauge(name: str, text: str, labels: list[str], samples: Iterable[Sample]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"event_bus_{name}", text, labels=labels)
    for values, number in samples:
        if number is not None:
            family.add_metric(values, number)
    return family
