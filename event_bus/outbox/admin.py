"""How staff look at the log."""

from django.contrib import admin

from event_bus.outbox.models import Cursor, OutboxEvent, Partition
from event_bus.read_only_admin import ReadOnlyAdmin


@admin.register(Partition)
class PartitionAdmin(ReadOnlyAdmin):
    list_display = ["topic", "number", "head"]
    list_filter = ["topic"]


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    list_display = ["id", "type", "subject", "partition", "position", "recorded_at"]
    list_filter = ["partition__topic"]
    list_select_related = ["partition"]
    search_fields = ["=subject"]
    search_help_text = "The id of a product, a user or an order"
    ordering = ["-id"]


@admin.register(Cursor)
class CursorAdmin(ReadOnlyAdmin):
    list_display = ["subscription", "partition", "sent", "pending"]
    list_filter = ["subscription", "partition__topic"]
    list_select_related = ["partition"]
