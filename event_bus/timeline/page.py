"""The timeline for staff: a page of the admin, with a box to search and a line to follow."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from event_bus.admin_lists import page_address
from event_bus.timeline.asking import NotUnderstood
from event_bus.timeline.link import may_see
from event_bus.timeline.story import Holding, Step, Story, Timeline
from event_bus.timeline.telling import tell
from event_bus.words import duration

ICONS = {"done": "✓", "unknown": "?", "waiting": "…", "failed": "!"}
SPOKEN = {"done": "arrived", "unknown": "not known", "waiting": "on its way", "failed": "needs you"}


@dataclass(frozen=True)
class ShownStep:
    step: Step
    icon: str
    since: str
    """The step before; empty for the first, and where nobody wrote down when."""
    content: str
    letter: str | None


@never_cache
@require_safe
def timeline_page(request: HttpRequest) -> HttpResponse:
    if not may_see(request):
        raise PermissionDenied
    of = request.GET.get("of", "").strip()
    context: dict[str, Any] = {**admin.site.each_context(request), "title": "Where is it?", "of": of}
    if of:
        try:
            context |= _shown(tell(of, at=timezone.now()))
        except NotUnderstood as error:
            context["not_understood"] = str(error)
    return TemplateResponse(request, "admin/event_bus/timeline.html", context)


def _shown(timeline: Timeline) -> dict[str, Any]:
    return {
        "timeline": timeline,
        "icon": ICONS[timeline.state],
        "spoken": SPOKEN[timeline.state],
        "stories": [_story(story) for story in timeline.stories],
        "holdings": [(holding, _address(holding, timeline)) for holding in timeline.holdings],
    }


def _story(story: Story) -> dict[str, Any]:
    before = story.steps[0].at
    own = [*_steps(story.steps, None)]
    return {
        "story": story,
        "spoken": SPOKEN[story.state],
        "began_at": before,
        "steps": own,
        "ways": [{"way": way, "steps": [*_steps(way.steps, before)]} for way in story.ways],
    }


def _steps(steps: list[Step], before: datetime | None) -> Iterator[ShownStep]:
    for step in steps:
        since = (step.at - before).total_seconds() if step.at and before else 0.0
        yield ShownStep(
            step, ICONS[step.state], f"+{duration(since)}" if since >= 0.0005 else "", *_more(step)
        )
        before = step.at or before


def _more(step: Step) -> tuple[str, str | None]:
    """What the event says, and the page of the dead letter."""
    data = step.facts.get("data")
    content = DjangoJSONEncoder(ensure_ascii=False, indent=2).encode(data) if data else ""
    letter = step.facts.get("dead_letter")
    return content, page_address("admin:inbox_deadletter_change", letter) if letter else None


def _address(holding: Holding, timeline: Timeline) -> str | None:
    subject = next((story.subject for story in timeline.stories if story.subject), timeline.asked)
    return page_address(f"admin:{holding.model.replace('.', '_')}_changelist", q=subject)
