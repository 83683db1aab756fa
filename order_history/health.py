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

from event_bus.inbox.freshness import complete_as_of
from event_bus.inbox.models import Checkpoint
from order_history.api.views import SUBSCRIPTION


@never_cache
@require_safe
def livez(request: HttpRequest) -> JsonResponse:
    """The process answers. Nothing else is asked, so that no outage elsewhere has it restarted."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 while it can answer, however old the answers; 503 only without its own database."""
    try:
        as_of = complete_as_of(SUBSCRIPTION)
        heard_at = Checkpoint.objects.of(SUBSCRIPTION).aggregate(last=Max("heard_at"))["last"]
    except (DatabaseError, InterfaceError):
        return JsonResponse(_answer("unavailable", None, None, "its database does not answer"), status=503)
    return JsonResponse(freshness(as_of, heard_at, at=timezone.now()))


def freshness(as_of: datetime | None, heard_at: datetime | None, *, at: datetime) -> dict[str, Any]:
    objective = settings.EVENT_BUS["FRESHNESS_OBJECTIVE"]
    if heard_at is None:
        return _answer("degraded", None, None, "nothing has been heard from the shop yet")
    silent = (at - heard_at).total_seconds()
    behind = max((at - as_of).total_seconds(), 0.0) if as_of else None
    if silent > objective:
        why = f"nothing has been heard from the shop for {silent:.0f} s"
    elif behind is None:
        why = "not every partition has been heard of yet"
    elif behind > objective:
        why = f"events of the last {behind:.0f} s are not all applied yet"
    else:
        return _answer("ok", as_of, behind, None)
    return _answer("degraded", as_of, behind, why)


def _answer(status: str, as_of: datetime | None, behind: float | None, why: str | None) -> dict[str, Any]:
    return {
        "status": status,
        "complete_as_of": as_of.isoformat().replace("+00:00", "Z") if as_of else None,
        "seconds_behind": None if behind is None else round(behind, 1),
        "why": why,
    }
