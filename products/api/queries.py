"""What a client may ask of the catalogue."""

from rest_framework import serializers

from products.api.fields import PriceField
from products.models import Product, ProductQuerySet
from rest.pagination import Page, PageQuery

ORDERS = {"title": "title", "price": "price", "-price": "-price", "newest": "-created_at"}


class ProductQuery(PageQuery):
    search = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=200,
        help_text="Words, or parts of words, that all stand in the title, in upper or lower case.",
    )
    price_min = PriceField(required=False, help_text="At least this price.")
    price_max = PriceField(required=False, help_text="At most this price.")
    currency = serializers.RegexField(
        r"^[A-Z]{3}$", required=False, help_text="Three capital letters, as in ISO 4217."
    )
    withdrawn = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="Only staff see what is withdrawn."
    )
    order = serializers.ChoiceField(
        choices=list(ORDERS), default="title", help_text="Cheapest first is `price`, dearest first `-price`."
    )

    def narrow(self, products: ProductQuerySet) -> ProductQuerySet:
        asked = self.asked
        if search := asked.get("search"):
            products = products.titled(search)
        if "price_min" in asked:
            products = products.filter(price__gte=asked["price_min"])
        if "price_max" in asked:
            products = products.filter(price__lte=asked["price_max"])
        if "currency" in asked:
            products = products.filter(currency=asked["currency"])
        if asked["withdrawn"] is not None:
            products = products.filter(withdrawn_at__isnull=not asked["withdrawn"])
        return products

    def read_page_of(self, products: ProductQuerySet) -> Page[Product]:
        return self.read_page(self.narrow(products), order=ORDERS[self.asked["order"]])
