"""How an ordered product looks to a client."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from rest_framework import serializers

from order_history.paging import Row


class OrderedProductSerializer(serializers.Serializer[Row]):
    """What a row looks like. The fields document it; `as_json`, ten times as fast, writes it."""

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
    return all_as_json([row])[0]


def all_as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    media_url = settings.MEDIA_URL
    return [
        {
            "product_id": product_id,
            "title": title,
            "image": f"{media_url}{image}" if image else None,
            "first_ordered_at": first,
            "last_ordered_at": last,
            "times_ordered": times,
            "quantity": quantity,
        }
        for product_id, title, image, first, last, times, quantity in rows
    ]
