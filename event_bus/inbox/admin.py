"""How staff look at what has arrived, and deal with what could not be applied."""

import json
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from unfold.widgets import UnfoldAdminTextareaWidget

from event_bus.inbox.dead_letter_groups import group_by_error
from event_bus.inbox.dead_letters import (
    PASSING,
    RetryOutcome,
    discard_dead_letters,
    in_batches,
    numbers_of,
    retry_dead_letters,
)
from event_bus.inbox.models import Checkpoint, DeadLetter, Delivery
from event_bus.read_only_admin import ReadOnlyAdmin
from event_bus.subscriptions import all_subscriptions
from event_bus.timeline.link import timeline_link

PREFORMATTED = '<pre class="max-w-full overflow-x-auto text-xs whitespace-pre-wrap">{}</pre>'

LONGEST_RETRY = 20.0
"""Seconds that a retry may take in the browser; the command goes on for as long as it needs."""

DISCARDED_AT_ONCE = 10_000
GROUPS_SHOWN = 20

GROUPED = 10_000
"""Dead letters, the newest, that the errors above the list are counted over; `dead_letters` counts all."""


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    list_display = [
        "subscription",
        "topic",
        "partition",
        "applied_up_to",
        "head",
        "complete_as_of",
        "gap_position",
    ]
    list_filter = ["subscription", "topic"]
    sortable_by = None  # a few rows


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = [
        "subscription",
        "topic",
        "partition",
        "first",
        "last",
        "received_at",
        "applied",
        "already_there",
        "dead_lettered",
    ]
    ordering = ["-id"]


class StateFilter(admin.SimpleListFilter):
    """Those that wait, unless others are asked for."""

    title = "state"
    parameter_name = "state"
    states = {
        None: ("Waiting", Q(resolved_at=None, discarded_at=None)),
        "resolved": ("Resolved by a retry", Q(resolved_at__isnull=False)),
        "discarded": ("Discarded", Q(discarded_at__isnull=False)),
        "all": ("All", Q()),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, title) for value, (title, _) in self.states.items() if value]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, (title, _) in self.states.items():
            changed = (
                {"new_params": {self.parameter_name: value}} if value else {"remove": [self.parameter_name]}
            )
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(**changed),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        return queryset.filter(self.states.get(self.value(), self.states[None])[1])


class SubscriptionFilter(admin.SimpleListFilter):
    """From settings: to ask a large table which names it holds takes long."""

    title = "subscription"
    parameter_name = "subscription"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(subscription.name, subscription.name) for subscription in all_subscriptions()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[DeadLetter]) -> QuerySet[DeadLetter]:
        return queryset.filter(subscription=self.value()) if self.value() else queryset


class DiscardForm(forms.Form):
    """The selection is in it, so that what fails meanwhile is not thrown away unseen."""

    ids = forms.RegexField(r"^\d{1,18}(,\d{1,18})*$", widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why will nobody miss them?",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    def clean_ids(self) -> list[int]:
        return [int(id) for id in self.cleaned_data["ids"].split(",")][:DISCARDED_AT_ONCE]


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    """Whoever may view dead letters looks; whoever may change them retries and discards."""

    list_display = ["error_type", "message", "type", "subject", "attempts", "last_failed_at", "timeline"]
    list_filter = [StateFilter, SubscriptionFilter]
    search_ids = ["subject"]
    search_help_text = "The whole id of a product, a user or an order"
    actions = ["retry", "discard"]
    list_before_template = "admin/inbox/deadletter/groups.html"
    change_form_template = "admin/inbox/deadletter/change_form.html"
    fieldsets = [
        (None, {"fields": ["type", "subject", "subscription", "place", "timeline"]}),
        ("Error", {"fields": ["error_type", "error", "attempts", "first_failed_at", "last_failed_at"]}),
        ("Event", {"fields": ["event"]}),
        ("Traceback", {"fields": ["where"]}),
        ("What became of it", {"fields": ["resolved_at", "discarded_at", "discarded_by", "discard_reason"]}),
    ]

    def has_deal_with_permission(self, request: HttpRequest) -> bool:
        return super(ReadOnlyAdmin, self).has_change_permission(request)

    def get_urls(self) -> list[URLPattern]:
        discard = self.admin_site.admin_view(self.discard_view)
        return [path("discard/", discard, name="inbox_deadletter_discard"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        groups = _groups(request) if request.method == "GET" else []
        counted_over = GROUPED if sum(row["group"].count for row in groups) >= GROUPED else None
        more = {"groups": groups, "counted_over": counted_over}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        offered = (
            [("retry", "Retry"), ("discard", "Discard…")] if self.has_deal_with_permission(request) else []
        )
        return super().change_view(
            request, object_id, form_url, {"operations": offered, **(extra_context or {})}
        )

    @admin.display(description="error", ordering="error")
    def message(self, letter: DeadLetter) -> str:
        return " ".join(letter.error[:200].split())

    @admin.display(description="")
    def timeline(self, letter: DeadLetter) -> str:
        place = f"{letter.topic}/{letter.partition}:{letter.position}"
        return timeline_link(place) if letter.position else ""

    @admin.display(description="place in the log")
    def place(self, letter: DeadLetter) -> str:
        if letter.partition is None:
            return "none: it is a whole message"
        return f"{letter.topic}/{letter.partition}, position {letter.position or 'not said'}"

    @admin.display(description="as it arrived")
    def event(self, letter: DeadLetter) -> str:
        return format_html(PREFORMATTED, json.dumps(letter.content, indent=2, ensure_ascii=False))

    @admin.display(description="where it failed last")
    def where(self, letter: DeadLetter) -> str:
        return format_html(PREFORMATTED, letter.traceback)

    @admin.action(description="Retry the selected dead letters", permissions=["deal_with"])
    def retry(self, request: HttpRequest, selected: QuerySet[DeadLetter]) -> None:
        ids = numbers_of(selected)
        outcome, tried, until = RetryOutcome(), 0, time.monotonic() + LONGEST_RETRY
        try:
            for batch in in_batches(ids):
                if time.monotonic() > until:
                    break
                outcome += retry_dead_letters(batch, at=timezone.now())
                tried += len(batch)
        except PASSING as error:
            self.message_user(request, f"Stopped, try again later: {error}", messages.ERROR)
        level = messages.WARNING if outcome.failed_again else messages.SUCCESS
        self.message_user(request, str(outcome), level)
        if rest := len(ids) - tried:
            text = f"{rest:,} were not tried yet. For so many there is: manage.py retry_dead_letters"
            self.message_user(request, text, messages.WARNING)

    @admin.action(description="Discard the selected dead letters…", permissions=["deal_with"])
    def discard(self, request: HttpRequest, selected: QuerySet[DeadLetter]) -> HttpResponse:
        ids = numbers_of(selected)
        form = DiscardForm(initial={"ids": ",".join(map(str, ids[:DISCARDED_AT_ONCE]))})
        return self._ask_for_reason(request, form, ids)

    def discard_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_deal_with_permission(request):
            raise PermissionDenied
        form = DiscardForm(request.POST)
        if form.is_valid():
            count = discard_dead_letters(
                form.cleaned_data["ids"],
                reason=form.cleaned_data["reason"],
                by=request.user.get_username(),
                at=timezone.now(),
            )
            self.message_user(request, f"{count:,} discarded")
        elif "ids" in form.cleaned_data:
            return self._ask_for_reason(request, form, form.cleaned_data["ids"])
        return redirect("admin:inbox_deadletter_changelist")

    def _ask_for_reason(self, request: HttpRequest, form: DiscardForm, ids: Sequence[int]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Discard dead letters",
            "opts": self.opts,
            "form": form,
            "count": min(len(ids), DISCARDED_AT_ONCE),
            "left_out": max(len(ids) - DISCARDED_AT_ONCE, 0),
        }
        return TemplateResponse(request, "admin/inbox/deadletter/discard.html", context)


def _groups(request: HttpRequest) -> list[dict[str, Any]]:
    """The errors of the state that is looked at, each with the address of its letters."""
    state = request.GET.get("state")
    of_state = StateFilter.states.get(state, StateFilter.states[None])[1]
    newest = DeadLetter.objects.filter(of_state).order_by("-last_failed_at", "-id")[:GROUPED]
    groups = []
    for group in islice(group_by_error(DeadLetter.objects.filter(id__in=newest.values("id"))), GROUPS_SHOWN):
        conditions = {"error_type": group.error_type, "type": group.type, "error__startswith": group.error}
        chosen = all(request.GET.get(name) == value for name, value in conditions.items())
        query = urlencode({**conditions, **({"state": state} if state else {})})
        groups.append({"group": group, "query": query, "chosen": chosen})
    return groups
