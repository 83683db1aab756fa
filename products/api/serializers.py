"""Products as JSON."""

from decimal import Decimal

from rest_framework import serializers

from products.models import Product


class ProductSerializer(serializers.ModelSerializer[Product]):
    withdrawn = serializers.BooleanField(read_only=True)

    class Meta:
        model = Product
        fields = ["id", "title", "image", "price", "currency", "withdrawn", "version"]
        read_only_fields = fields


class ProductToChange(serializers.Serializer):
    title = serializers.CharField(max_length=200)
    price = serializers.DecimalField(max_digits=14, decimal_places=4, min_value=Decimal(0))
    image = serializers.FileField(required=False, allow_null=True)


class ProductToCreate(ProductToChange):
    currency = serializers.RegexField(r"\A[A-Z]{3}\Z", required=False)
