"""The status page of the admin."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from event_bus.status import Status, bus_status
from event_bus.status.facts import Facts, SubscriptionFacts
from event_bus.status_page.charts import last_hour
from event_bus.status_page.chips import chips
from event_bus.status_page.comparisons import compared
from event_bus.status_page.picture import draw
from event_bus.status_page.shapes import CELL_HEIGHT, NARROW, TOPIC_HEIGHT, WIDE
from event_bus.status_page.states import State, state_of, words_of
from event_bus.words import counted, duration

PERMISSION = "inbox.view_checkpoint"


@never_cache
@require_safe
def status_page(request: HttpRequest) -> HttpResponse:
    """With `?part` only what changes, for the page to put in place of what it shows."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    drawn = drawing_of(bus_status(at=timezone.now()))
    if "part" in request.GET:
        return render(request, "admin/event_bus/status_body.html", drawn)
    page = {**admin.site.each_context(request), "title": "Event bus", "subtitle": None}
    return render(request, "admin/event_bus/status.html", {**page, **drawn})


def drawing_of(status: Status) -> dict[str, Any]:
    """What the templates draw."""
    facts = status.facts
    return {
        "at": facts.at,
        "diagnosis": status.diagnosis,
        "headline": _as_sentence(status.diagnosis.headline),
        "causes": [
            cause for cause in status.diagnosis.causes if cause.words not in status.diagnosis.headline
        ],
        "dead_letters": _dead_letters(facts),
        "chips": chips(facts),
        "pictures": [draw(facts, layout) for layout in (WIDE, NARROW)],
        "states": [*State],
        "topic_height": TOPIC_HEIGHT,
        "cell_height": CELL_HEIGHT,
        "objective": duration(facts.objective),
        "tables": [_table(one, facts) for one in facts.subscriptions],
        "comparisons": compared(facts),
        "hours": [_hour(one) for one in facts.subscriptions if one.pace],
    }


def _dead_letters(facts: Facts) -> str:
    known = [facts.strays, *(one.dead_letters for one in facts.subscriptions)]
    count = sum(letters.count for letters in known if letters)
    return counted(count, "dead letter") if count else ""


def _as_sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _table(subscription: SubscriptionFacts, facts: Facts) -> dict[str, Any]:
    return {
        "name": subscription.name,
        "words": _in_a_line(subscription),
        "rows": [
            {
                "name": f"{lane.topic}/{lane.partition}",
                "state": state_of(lane, facts.objective),
                "words": words_of(lane),
                "head": _number(lane.head),
                "sent": _number(lane.sent),
                "applied": _number(lane.applied),
            }
            for lane in subscription.lanes
        ],
    }


def _in_a_line(subscription: SubscriptionFacts) -> str:
    said = [counted(len(subscription.lanes), "partition")]
    if subscription.queue_depth is not None:
        said.append(f"{counted(subscription.queue_depth, 'message')} in the queue")
    if subscription.canary:
        said.append(f"the last canary took {duration(subscription.canary.took)}")
    if subscription.pace and subscription.pace.p50 is not None:
        said.append(f"from commit to visible {duration(subscription.pace.p50)}")
        said.append(f"one in a hundred longer than {duration(subscription.pace.p99)}")
    return ", ".join(said)


def _hour(subscription: SubscriptionFacts) -> dict[str, Any]:
    assert subscription.pace
    charts = last_hour(subscription.name, subscription.pace)
    newest_first = reversed(charts.minutes)
    return {
        "name": subscription.name,
        "charts": charts,
        "minutes": [
            {
                "at": one.at,
                "events": _number(one.events),
                "late": duration(one.late) if one.late is not None else "",
            }
            for one in newest_first
        ],
    }


def _number(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"
