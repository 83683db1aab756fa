"""How staff look at the history. It is made of events, so nothing in it is edited."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from event_bus.admin_lists import link, page_address
from event_bus.read_only_admin import ReadOnlyAdmin
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser, OrderedProduct
from storefront.folding import folded


@admin.register(HistoryProduct)
class HistoryProductAdmin(ReadOnlyAdmin):
    list_display = ["title", "product_id", "withdrawn", "version"]
    list_filter = ["withdrawn"]
    search_fields = ["folded_title__contains"]
    search_ids = ["product_id"]
    search_help_text = "A part of the title, or the whole id"
    ordering = ["title", "product_id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[HistoryProduct], search_term: str
    ) -> tuple[QuerySet[HistoryProduct], bool]:
        return super().get_search_results(request, queryset, folded(search_term))


@admin.register(HistoryUser)
class HistoryUserAdmin(ReadOnlyAdmin):
    list_display = ["user_id", "erased_at", "version"]
    list_filter = [("erased_at", admin.EmptyFieldListFilter)]
    search_ids = ["user_id"]
    search_help_text = "The whole id of a user"


@admin.register(HistoryOrderLine)
class HistoryOrderLineAdmin(ReadOnlyAdmin):
    list_display = ["order_id", "product_id", "user_id", "quantity", "placed_at", "cancelled"]
    list_filter = ["cancelled"]
    search_ids = ["order_id", "user_id"]
    search_help_text = "The whole id of an order or of a user"


@admin.register(OrderedProduct)
class OrderedProductAdmin(ReadOnlyAdmin):
    """Of one user: newest first. Of one product: who ordered it most often."""

    list_display = [
        "title",
        "customer",
        "times_ordered",
        "quantity",
        "first_ordered_at",
        "last_ordered_at",
    ]
    search_ids = ["user_id", "product_id"]
    search_help_text = "The whole id of a user or of a product"

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderedProduct]:
        # Joined, the rows of a product not heard of yet would be lost to a filter by product.
        return super().get_queryset(request).prefetch_related("product")

    def get_ordering(self, request: HttpRequest) -> Any:
        if "user_id" in request.GET:
            return ["-last_ordered_at", "product_id"]
        return ["-times_ordered", "-id"] if "product" in request.GET else ["-id"]

    @admin.display(description="title")
    def title(self, row: OrderedProduct) -> str:
        return row.product.title if row.product else f"{row.product_id} (not heard of yet)"

    @admin.display(description="user")
    def customer(self, row: OrderedProduct) -> str:
        return link(row.user_id, page_address("admin:users_user_change", row.user_id))
