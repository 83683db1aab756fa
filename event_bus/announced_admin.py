"""How staff change rows whose every change is announced: by operations, after a confirmation, and no other way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from event_bus.admin_lists import ListAdmin
from event_bus.timeline.link import timeline_address

AT_ONCE = 500
"""Rows that one confirmation covers: people read what they confirm."""

REASONS_SHOWN = 20


@dataclass(frozen=True)
class StaffOperation:
    """What can be done to many rows, each in a transaction of its own."""

    verb: str
    done: str
    consequence: str
    run: Callable[[Any, datetime], Any]
    """Takes the row's id and the time; returns the row."""
    refusals: tuple[type[Exception], ...]


@dataclass(frozen=True)
class Link:
    """A button that leads elsewhere. `icon` is a name of Material Symbols."""

    title: str
    address: str | None
    icon: str


class AnnouncedAdmin(ListAdmin):
    """Rows that are never deleted. Actions call `confirm`; the page of a row offers those that `offers` allows."""

    change_form_template = "admin/event_bus/announced_change_form.html"
    list_disable_select_all = True
    overtaken_by: tuple[type[Exception], ...] = ()
    """What saving raises if somebody else changed the row after the form was checked."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def offers(self, obj: Any) -> bool:
        """Whether the operations still make sense for this row."""
        return True

    def links(self, request: HttpRequest, obj: Any) -> list[Link]:
        return []

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return super().changeform_view(request, *args, **kwargs)
        except self.overtaken_by as error:
            self.message_user(request, f"Nothing was saved: {error}.", messages.ERROR)
            return redirect(request.get_full_path())

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if obj := context.get("original"):
            actions: Any = self.get_actions(request) if self.offers(obj) else {}
            context["operations"] = [(name, title) for _, name, title in actions.values()]
            timeline = timeline_address(request, obj.pk)
            where = [Link("Where is it?", timeline, "timeline")] if timeline else []
            context["links"] = [*self.links(request, obj), *where]
        return super().render_change_form(request, context, *args, **kwargs)

    def confirm(
        self, request: HttpRequest, selected: QuerySet[Any], operation: StaffOperation
    ) -> HttpResponse | None:
        """Ask first. What was listed when asking is what it is done to, whatever matches the filters by then."""
        if "confirmed" in request.POST:
            self._run(request, list(selected.values_list("pk", flat=True)[:AT_ONCE]), operation)
            return None
        rows = list(selected[: AT_ONCE + 1])
        context = {
            **self.admin_site.each_context(request),
            "title": f"{operation.verb.capitalize()}: are you sure?",
            "opts": self.opts,
            "operation": operation,
            "action": request.POST["action"],
            "rows": rows[:AT_ONCE],
            "name": self._name(min(len(rows), AT_ONCE)),
            "left_out": len(rows) > AT_ONCE,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/event_bus/confirm.html", context)

    def _run(self, request: HttpRequest, ids: Sequence[Any], operation: StaffOperation) -> None:
        refused = []
        for id in ids:
            try:
                row = operation.run(id, timezone.now())
            except operation.refusals as error:
                refused.append(f"{id} was not {operation.done}: {error}.")
            else:
                self.log_change(request, row, f"{operation.done.capitalize()}.")
        if done := len(ids) - len(refused):
            self.message_user(request, f"{done} {self._name(done)} {operation.done}.", messages.SUCCESS)
        for reason in refused[:REASONS_SHOWN]:
            self.message_user(request, reason, messages.WARNING)
        if (more := len(refused) - REASONS_SHOWN) > 0:
            self.message_user(request, f"{more} more were not {operation.done}.", messages.WARNING)

    def _name(self, count: int) -> str:
        return str(self.opts.verbose_name if count == 1 else self.opts.verbose_name_plural)
