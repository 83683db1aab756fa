"""Orders as JSON."""

from typing import Any

from rest_framework import serializers

from orders.models import MAX_QUANTITY, Order, OrderLine
from orders.operations import LineToOrder
from rest.fields import WholeNumber


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    class Meta:
        model = OrderLine
        fields = ["number", "product_id", "quantity", "unit_price"]
        read_only_fields = fields


class OrderSerializer(serializers.ModelSerializer[Order]):
    lines = OrderLineSerializer(many=True, read_only=True)
    total = serializers.DecimalField(max_digits=30, decimal_places=4, read_only=True)

    class Meta:
        model = Order
        fields = ["id", "user_id", "placed_at", "cancelled_at", "currency", "total", "lines", "version"]
        read_only_fields = fields


class LineToOrderSerializer(serializers.Serializer):
    product_id = serializers.UUIDField()
    quantity = WholeNumber(min_value=1, max_value=MAX_QUANTITY)


class OrderToPlace(serializers.Serializer):
    lines = serializers.ListField(child=LineToOrderSerializer(), allow_empty=False, max_length=1000)

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[LineToOrder]:
        return [LineToOrder(**line) for line in lines]
