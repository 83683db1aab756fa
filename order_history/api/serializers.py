"""How an ordered product looks to a client."""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from rest_framework import serializers

from order_history.models import OrderedProduct


class OrderedProductSerializer(serializers.Serializer[OrderedProduct]):
    """What a row looks like. The fields document it; `as_json`, ten times as fast, writes it."""

    product_id = serializers.UUIDField()
    title = serializers.CharField(allow_null=True, help_text="Null until the product's event has arrived.")
    image = serializers.CharField(allow_null=True, help_text="An address; null where there is no picture.")
    first_ordered_at = serializers.DateTimeField()
    last_ordered_at = serializers.DateTimeField()
    times_ordered = serializers.IntegerField(min_value=1, help_text="Orders that were not cancelled.")
    quantity = serializers.IntegerField(min_value=1)

    def to_representation(self, instance: OrderedProduct) -> dict[str, Any]:
        return as_json(instance)


def as_json(row: OrderedProduct) -> dict[str, Any]:
    return {
        "product_id": str(row.product_id),
        "title": row.product.title if row.product else None,
        "image": image_url(row),
        "first_ordered_at": _iso(row.first_ordered_at),
        "last_ordered_at": _iso(row.last_ordered_at),
        "times_ordered": row.times_ordered,
        "quantity": row.quantity,
    }


def image_url(row: OrderedProduct) -> str | None:
    return f"{settings.MEDIA_URL}{row.product.image}" if row.product and row.product.image else None


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
