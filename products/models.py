"""The catalogue: what the shop sells, and what it used to sell."""

import uuid
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.validators import (
    MinValueValidator,
    ProhibitNullCharactersValidator,
    RegexValidator,
)
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone

from event_bus.outbox.guarding import AnnouncedQuerySet
from storefront.folding import folded


def shop_currency() -> str:
    return str(settings.SHOP_CURRENCY)


class AlreadyWithdrawn(Exception):
    """The product is no longer sold, so it cannot be withdrawn again."""


class ProductQuerySet(AnnouncedQuerySet["Product"]):
    def on_offer(self) -> "ProductQuerySet":
        return self.filter(withdrawn_at=None)

    def titled(self, words: str) -> "ProductQuerySet":
        """Those with each of these words, or parts of words, in their title, in upper or lower case."""
        found = self
        for word in dict.fromkeys(folded(words).split()):  # each once, however often it is said
            found = found.filter(folded_title__contains=word)
        return found

    def by_title(self) -> "ProductQuerySet":
        return self.order_by("title", "id")

    def following(self, title: str, id: uuid.UUID) -> "ProductQuerySet":
        """What comes by title after a product that was there: a range of the index, however deep."""
        return self.filter(title__gte=title).exclude(title=title, id__lte=id)


class Product(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=200, validators=[ProhibitNullCharactersValidator()])
    folded_title = models.TextField(editable=False, help_text="The title as it is searched.")
    image = models.ImageField(blank=True, max_length=200, help_text="PNG, JPEG, WebP or GIF.")
    price = models.DecimalField(max_digits=14, decimal_places=4, validators=[MinValueValidator(Decimal(0))])
    currency = models.CharField(
        max_length=3,
        default=shop_currency,
        validators=[RegexValidator(r"\A[A-Z]{3}\Z", "Three capital letters, as in ISO 4217.")],
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="a_product_has_a_title"),
            models.CheckConstraint(condition=Q(price__gte=0), name="a_price_is_not_negative"),
            models.CheckConstraint(
                condition=Exact(Length("currency"), 3), name="a_product_currency_has_three_letters"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="a_product_version_counts_from_one"),
        ]
        indexes = [
            models.Index(fields=["title", "id"], name="products_by_title"),
            models.Index(fields=["price", "id"], name="products_by_price"),
            models.Index(fields=["-created_at", "-id"], name="products_newest_first"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    def withdraw(self, at: datetime) -> None:
        """Raises AlreadyWithdrawn."""
        if self.withdrawn_at is not None:
            raise AlreadyWithdrawn(f"{self.title} was withdrawn at {self.withdrawn_at:%Y-%m-%d %H:%M} UTC")
        self.withdrawn_at = at
