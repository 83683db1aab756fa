"""How staff look at what has arrived, and deal with what could not be applied."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from event_bus.inbox.dead_letters import retry_dead_letters
from event_bus.inbox.models import Checkpoint, DeadLetter
from event_bus.read_only_admin import ReadOnlyAdmin


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


@admin.register(DeadLetter)
class DeadLetterAdmin(ReadOnlyAdmin):
    list_display = ["error_type", "error", "type", "subject", "attempts", "last_failed_at"]
    list_filter = ["subscription", "error_type", "type"]
    search_fields = ["=subject"]
    actions = ["retry"]

    def has_change_permission(self, request: HttpRequest, obj: DeadLetter | None = None) -> bool:
        return super(ReadOnlyAdmin, self).has_change_permission(request, obj)

    @admin.action(description="Retry the selected dead letters")
    def retry(self, request: HttpRequest, selected: QuerySet[DeadLetter]) -> None:
        outcome = retry_dead_letters(list(selected.values_list("id", flat=True)), at=timezone.now())
        level = messages.WARNING if outcome.failed_again else messages.SUCCESS
        self.message_user(request, f"{outcome.applied} applied, {outcome.failed_again} failed again", level)
