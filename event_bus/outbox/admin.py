"""How staff look at the log."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from event_bus.outbox.models import Cursor, Dispatch, OutboxEvent, Partition
from event_bus.read_only_admin import ReadOnlyAdmin
from event_bus.timeline.link import timeline_link


@admin.register(Partition)
class PartitionAdmin(ReadOnlyAdmin):
    list_display = ["topic", "number", "head"]
    list_filter = ["topic"]
    sortable_by = None  # a few rows


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    list_display = ["id", "type", "subject", "partition", "position", "recorded_at", "actor", "timeline"]
    readonly_fields = ["timeline"]
    list_filter = ["partition"]
    list_select_related = ["partition"]
    search_ids = ["subject"]
    search_help_text = "The whole id of a product, a user or an order"

    @admin.display(description="")
    def timeline(self, event: OutboxEvent) -> str:
        return timeline_link(event.pk)

    def get_ordering(self, request: HttpRequest) -> Any:
        return ["-position", "-id"] if "partition__id__exact" in request.GET else ["-id"]


@admin.register(Cursor)
class CursorAdmin(ReadOnlyAdmin):
    list_display = ["subscription", "partition", "sent", "pending"]
    list_filter = ["subscription", "partition__topic"]
    list_select_related = ["partition"]
    sortable_by = None  # a few rows


@admin.register(Dispatch)
class DispatchAdmin(ReadOnlyAdmin):
    list_display = ["subscription", "topic", "partition", "first", "last", "sent_at", "again"]
    ordering = ["-id"]
