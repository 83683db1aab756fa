"""What the comparisons of a subscription with its sources tell of it."""

from datetime import datetime

from event_bus.inbox.models import Reconciliation
from event_bus.inbox.reconciling import last_run
from event_bus.status.facts import ComparedPart, Comparison, Comparisons, DifferingRow

MOST_NAMED = 10
"""Rows that still differ."""


def comparisons_of(subscription: str, at: datetime) -> Comparisons:
    runs = Reconciliation.objects.of(subscription)
    newest = last_run(subscription)
    given_up = newest if newest and newest.error else None
    last = runs.complete().first() if given_up else newest
    under_way = runs.open().first()
    first = None if last else runs.last()
    return Comparisons(
        last=_comparison(last, at) if last else None,
        given_up=_comparison(given_up, at) if given_up else None,
        under_way=_comparison(under_way, at) if under_way else None,
        unseen_since=last.finished_at if last else first.begun_at if first else None,
    )


def _comparison(run: Reconciliation, at: datetime) -> Comparison:
    return Comparison(
        repair=run.repair,
        begun_at=run.begun_at,
        finished_at=run.finished_at,
        seconds=((run.finished_at or at) - run.begun_at).total_seconds(),
        rows=run.total("rows"),
        differed=run.total("drifted"),
        repaired=run.total("repaired"),
        drift_left=run.drift_left,
        error=run.error,
        part=run.part,
        parts=tuple(
            ComparedPart(part, counted["rows"], counted["drifted"], counted["repaired"])
            for part, counted in run.figures.items()
        ),
        left=tuple(DifferingRow(part, id) for part, id in run.left[:MOST_NAMED]),
    )
