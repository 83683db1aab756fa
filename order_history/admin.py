"""How staff look at the history. It is made of events, so nothing in it is edited."""

from django.contrib import admin

from event_bus.read_only_admin import ReadOnlyAdmin
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser, OrderedProduct


@admin.register(HistoryProduct)
class HistoryProductAdmin(ReadOnlyAdmin):
    list_display = ["title", "product_id", "withdrawn", "version"]
    list_filter = ["withdrawn"]
    search_fields = ["title", "=product_id"]


@admin.register(HistoryUser)
class HistoryUserAdmin(ReadOnlyAdmin):
    list_display = ["user_id", "erased_at", "version"]
    search_fields = ["=user_id"]


@admin.register(HistoryOrderLine)
class HistoryOrderLineAdmin(ReadOnlyAdmin):
    list_display = ["order_id", "product_id", "user_id", "quantity", "placed_at", "cancelled"]
    search_fields = ["=order_id", "=user_id"]


@admin.register(OrderedProduct)
class OrderedProductAdmin(ReadOnlyAdmin):
    list_display = ["title", "user_id", "first_ordered_at", "last_ordered_at", "times_ordered", "quantity"]
    list_select_related = ["product"]
    search_fields = ["=user_id"]
    search_help_text = "The id of a user"

    @admin.display(description="title")
    def title(self, row: OrderedProduct) -> str:
        return row.product.title if row.product else f"{row.product_id} (not heard of yet)"
