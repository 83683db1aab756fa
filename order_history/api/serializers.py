"""How an ordered product looks to a client."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from order_history.models import OrderedProduct


class OrderedProductSerializer(serializers.ModelSerializer[OrderedProduct]):
    """`title` is null until the product's event has arrived; `image` is null where there is none."""

    product_id = serializers.UUIDField()
    title = serializers.CharField(source="product.title", default=None)
    image = serializers.SerializerMethodField()

    class Meta:
        model = OrderedProduct
        fields = [
            "product_id",
            "title",
            "image",
            "first_ordered_at",
            "last_ordered_at",
            "times_ordered",
            "quantity",
        ]

    def get_image(self, row: OrderedProduct) -> str | None:
        return image_url(row)


def image_url(row: OrderedProduct) -> str | None:
    return f"{settings.MEDIA_URL}{row.product.image}" if row.product and row.product.image else None


def as_json(row: OrderedProduct) -> dict[str, Any]:
    return dict(OrderedProductSerializer(row).data)
