"""What a client may ask of its orders."""

from rest_framework import serializers

from orders.models import Order, OrderQuerySet
from rest.pagination import Page, PageQuery
from rest.queries import TimeWithOffset


class OrderQuery(PageQuery):
    placed_after = TimeWithOffset(
        required=False, help_text="Placed at this time or later: ISO 8601 with an offset."
    )
    placed_before = TimeWithOffset(
        required=False, help_text="Placed before this time: ISO 8601 with an offset."
    )
    cancelled = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Only cancelled ones, or only the others."
    )

    def narrow(self, orders: OrderQuerySet) -> OrderQuerySet:
        asked = self.asked
        if "placed_after" in asked:
            orders = orders.filter(placed_at__gte=asked["placed_after"])
        if "placed_before" in asked:
            orders = orders.filter(placed_at__lt=asked["placed_before"])
        if asked["cancelled"] is not None:
            orders = orders.filter(cancelled_at__isnull=not asked["cancelled"])
        return orders

    def read_page_of(self, orders: OrderQuerySet) -> Page[Order]:
        return self.read_page(self.narrow(orders), order="-placed_at")
