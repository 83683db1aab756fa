"""Products as JSON, and as forms with a picture."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from products.api.fields import PriceField
from products.models import Product
from rest.fields import Text


class ProductSerializer(serializers.ModelSerializer[Product]):
    image = serializers.ImageField(
        read_only=True, allow_null=True, help_text="An address; null where there is no picture."
    )
    withdrawn = serializers.BooleanField(read_only=True, help_text="No longer sold.")

    class Meta:
        model = Product
        fields = ["id", "title", "image", "price", "currency", "withdrawn", "version"]
        read_only_fields = fields


@extend_schema_field({"oneOf": []})  # and null is added, as to every field that takes it
class NoPicture(serializers.Field[None, Any, None, Any]):
    default_error_messages = {"invalid": "A picture is sent as multipart/form-data; null takes it away."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> None:
        self.fail("invalid")


class ProductToChange(serializers.Serializer):
    title = Text(max_length=200)
    price = PriceField()
    image = NoPicture(required=False, help_text="Null takes the picture away; forms can send a new one.")


class ProductToCreate(ProductToChange):
    currency = serializers.RegexField(
        r"^[A-Z]{3}$", required=False, help_text="As in ISO 4217; by default the shop's own."
    )


class ProductFormToChange(ProductToChange):
    image = serializers.FileField(required=False, help_text="PNG, JPEG, WebP or GIF.")  # type: ignore[assignment]


class ProductFormToCreate(ProductToCreate):
    image = serializers.FileField(required=False, help_text="PNG, JPEG, WebP or GIF.")  # type: ignore[assignment]
