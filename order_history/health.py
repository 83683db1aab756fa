"""Whether the history is up, and how fresh its answers are: for probes, so without signing in."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.db.models import Max
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from event_bus.inbox.canary import CanaryHeard, newest_canary
from event_bus.inbox.freshness import Freshness, freshness_of
from event_bus.inbox.models import Checkpoint
from order_history.apps import SUBSCRIPTION
from order_history.replica import read


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers. Nothing else is asked, so that no outage elsewhere has it restarted."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 while it can answer, however old the answers; 503 only without its own database."""
    at = timezone.now()
    try:
        fresh, heard_at, canary = read(lambda: _known(at))
    except (DatabaseError, InterfaceError):
        return JsonResponse(_answer("unavailable", None, None, "its database does not answer"), status=503)
    why = why_degraded(fresh, heard_at, canary, at=at)
    return JsonResponse(
        _answer("degraded" if why else "ok", fresh, _age(canary, at) if canary else None, why)
    )


def _known(at: datetime) -> tuple[Freshness, datetime | None, CanaryHeard | None]:
    """By the database that answers."""
    heard_at = Checkpoint.objects.of(SUBSCRIPTION).aggregate(last=Max("heard_at"))["last"]
    return freshness_of(SUBSCRIPTION, at=at), heard_at, newest_canary(SUBSCRIPTION)


def why_degraded(
    fresh: Freshness, heard_at: datetime | None, canary: CanaryHeard | None, *, at: datetime
) -> str | None:
    objective = settings.EVENT_BUS["FRESHNESS_OBJECTIVE"]
    if heard_at is None:
        return "nothing has been heard from the shop yet"
    silent = (at - heard_at).total_seconds()
    if silent > objective:
        return f"nothing has been heard from the shop for {silent:.0f} s"
    if fresh.seconds_behind is None:
        return "not every partition has been heard of yet"
    if fresh.seconds_behind > objective:
        return f"events of the last {fresh.seconds_behind:.0f} s are not all applied yet"
    if canary and _age(canary, at) > objective + settings.EVENT_BUS["CANARY_INTERVAL"]:
        return f"no event has come through for {_age(canary, at):.0f} s, not even the canary"
    return None


def _age(canary: CanaryHeard, at: datetime) -> float:
    return max((at - canary.committed_at).total_seconds(), 0.0)


def _answer(
    status: str, fresh: Freshness | None, canary_age: float | None, why: str | None
) -> dict[str, Any]:
    """`seconds_until_broken`: until the freshness objective is, if nothing arrives from now on."""
    as_of = fresh and fresh.complete_as_of
    return {
        "status": status,
        "complete_as_of": as_of.isoformat().replace("+00:00", "Z") if as_of else None,
        "seconds_behind": _rounded(fresh.seconds_behind if fresh else None),
        "seconds_until_broken": _rounded(fresh.seconds_until_broken if fresh else None),
        "canary_age": _rounded(canary_age),
        "why": why,
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
