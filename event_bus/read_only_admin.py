"""How staff look at rows that nobody edits."""

from typing import Any

from django.http import HttpRequest

from event_bus.admin_lists import ListAdmin


class ReadOnlyAdmin(ListAdmin):
    """Looking, searching, filtering."""

    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
