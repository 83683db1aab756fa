"""Orders for staff: to look at, and to cancel."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from event_bus.admin_lists import TabularInline, link, page_address
from event_bus.announced_admin import AnnouncedAdmin, Link, StaffOperation
from orders import operations
from orders.models import Order, OrderLine, OrderNotCancellable
from products.queries import get_offers


def _cancel(order_id: UUID, at: datetime) -> Order:
    return operations.cancel_order(order_id=order_id, at=at)


CANCEL = StaffOperation(
    verb="cancel",
    done="cancelled",
    consequence="They count no longer among what their customers ordered, and it cannot be taken back.",
    run=_cancel,
    refusals=(OrderNotCancellable,),
)


class OrderLineInline(TabularInline):
    """An instance serves one request, so it may keep the titles of that order."""

    model = OrderLine
    fields = ["number", "product", "quantity", "unit_price"]
    readonly_fields = ["product"]
    hide_title = True
    extra = 0
    can_delete = False

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        self.offers = get_offers(line.product_id for line in obj.lines.all()) if obj else {}
        return super().get_formset(request, obj, **kwargs)

    def product(self, line: OrderLine) -> str:
        offer = self.offers.get(line.product_id)
        return link(
            offer.title if offer else line.product_id,
            page_address("admin:products_product_change", line.product_id) if offer else None,
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # of who sees the order


@admin.register(Order)
class OrderAdmin(AnnouncedAdmin):
    list_display = ["id", "customer", "placed_at", "cancelled_at", "currency"]
    # No date_hierarchy: it reads every row to see which years there are.
    list_filter = [("placed_at", admin.DateFieldListFilter), ("cancelled_at", admin.EmptyFieldListFilter)]
    search_ids = ["id", "user_id"]
    search_help_text = "The whole id of an order or of a user"
    ordering = ["-placed_at", "-id"]
    inlines = [OrderLineInline]
    actions = ["cancel"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("orders.change_order")

    def offers(self, obj: Order) -> bool:
        return obj.cancelled_at is None

    def links(self, request: HttpRequest, obj: Order) -> list[Link]:
        customer = page_address("admin:users_user_change", obj.user_id)
        if not customer or not request.user.has_perm("users.view_user"):
            return []
        return [Link("Customer", customer, "person")]

    @admin.display(description="user")
    def customer(self, order: Order) -> str:
        return link(order.user_id, page_address("admin:users_user_change", order.user_id))

    @admin.action(description="Cancel…", permissions=["cancel"])
    def cancel(self, request: HttpRequest, selected: QuerySet[Order]) -> HttpResponse | None:
        return self.confirm(request, selected, CANCEL)
