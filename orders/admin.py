"""Orders for staff: to look at, and to cancel."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from orders import operations
from orders.models import Order, OrderLine, OrderNotCancellable


class OrderLineInline(admin.TabularInline):
    model = OrderLine
    extra = 0
    can_delete = False


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["id", "user_id", "placed_at", "cancelled_at", "currency"]
    list_filter = [("cancelled_at", admin.EmptyFieldListFilter), "currency"]
    date_hierarchy = "placed_at"
    search_fields = ["id"]
    search_help_text = "The whole id of an order or of a user"
    ordering = ["-placed_at", "-id"]
    show_full_result_count = False
    inlines = [OrderLineInline]
    actions = ["cancel"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_order")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        if not search_term:
            return queryset, False
        try:
            wanted = UUID(search_term.strip())
        except ValueError:
            return queryset.none(), False
        return queryset.filter(Q(id=wanted) | Q(user_id=wanted)), False

    @admin.action(description="Cancel", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for order_id in queryset.values_list("id", flat=True):
            try:
                operations.cancel_order(order_id=order_id, at=timezone.now())
            except OrderNotCancellable as error:
                self.message_user(request, f"{order_id}: {error}", messages.WARNING)
            else:
                self.message_user(request, f"Order {order_id} is cancelled.", messages.SUCCESS)
