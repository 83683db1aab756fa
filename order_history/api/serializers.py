"""How an ordered product looks to a client."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from order_history.lines import Row


class OrderedProductSerializer(serializers.Serializer[Row]):
    """What a row looks like. The fields document it; the database writes it (lines.py), and `as_json` elsewhere."""

    product_id = serializers.UUIDField()
    title = serializers.CharField(allow_null=True, help_text="Null until the product's event has arrived.")
    image = serializers.CharField(allow_null=True, help_text="An address; null where there is no picture.")
    first_ordered_at = serializers.DateTimeField()
    last_ordered_at = serializers.DateTimeField()
    times_ordered = serializers.IntegerField(min_value=1, help_text="Orders that were not cancelled.")
    quantity = serializers.IntegerField(min_value=1)

    def to_representation(self, instance: Row) -> dict[str, Any]:
        return as_json(instance)


def as_json(row: Row) -> dict[str, Any]:
    """For `orjson`: ids and times are left to it."""
    return {**row._asdict(), "image": f"{settings.MEDIA_URL}{row.image}" if row.image else None}
