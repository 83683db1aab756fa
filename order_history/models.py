"""What the history keeps of products, users and orders, and the answer that it prepares from them.

No foreign key here is checked by the database: events arrive in any order, so a row may be heard of
before the row that it belongs to.
"""

from uuid import UUID

from django.db import models
from django.db.models import F, Q


class HistoryProduct(models.Model):
    """A product as it was last announced."""

    product_id = models.UUIDField(primary_key=True)
    title = models.CharField(max_length=200)
    folded_title = models.TextField(help_text="The title as it is searched.")
    image = models.CharField(max_length=200, blank=True, help_text="A path below MEDIA_URL; empty if none.")
    withdrawn = models.BooleanField(default=False)
    version = models.PositiveIntegerField()

    class Meta:
        verbose_name = "product"
        indexes = [models.Index(fields=["title", "product_id"], name="history_products_by_title")]

    def __str__(self) -> str:
        return self.title


class HistoryUser(models.Model):
    """A user as last announced; of an erased one, this tombstone is all that stays.

    Version 0: an order of theirs was heard of before they were.
    """

    user_id = models.UUIDField(primary_key=True)
    erased_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField()

    class Meta:
        verbose_name = "user"

    def __str__(self) -> str:
        return str(self.user_id)


class HistoryOrderLine(models.Model):
    """How many of a product an order holds."""

    order_id = models.UUIDField()
    product_id = models.UUIDField()
    user_id = models.UUIDField()
    quantity = models.PositiveBigIntegerField()
    placed_at = models.DateTimeField()
    cancelled = models.BooleanField(default=False)
    version = models.PositiveIntegerField()

    class Meta:
        verbose_name = "order line"
        constraints = [
            models.UniqueConstraint(fields=["order_id", "product_id"], name="an_order_holds_a_product_once"),
        ]
        indexes = [
            models.Index(fields=["user_id", "product_id"], name="lines_of_user_and_product"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_id}"


class OrderedProductQuerySet(models.QuerySet["OrderedProduct"]):
    def of_user(self, user_id: UUID) -> "OrderedProductQuerySet":
        return self.filter(user_id=user_id)

    def with_product(self) -> "OrderedProductQuerySet":
        return self.select_related("product")


class OrderedProduct(models.Model):
    """A product that a user has ordered: the answer this app exists for. Derived from the order lines."""

    user_id = models.UUIDField()
    # Titles and images stand once a product, not once a user: renaming a best-seller is one row.
    product = models.ForeignKey(
        HistoryProduct,
        null=True,  # hence a LEFT JOIN: a product not heard of yet has no row
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
    )
    first_ordered_at = models.DateTimeField()
    last_ordered_at = models.DateTimeField()
    times_ordered = models.PositiveIntegerField(help_text="Orders that were not cancelled.")
    quantity = models.PositiveBigIntegerField()

    objects = OrderedProductQuerySet.as_manager()

    class Meta:
        verbose_name = "ordered product"
        constraints = [
            models.UniqueConstraint(fields=["user_id", "product"], name="a_user_has_a_product_once"),
            models.CheckConstraint(condition=Q(times_ordered__gte=1), name="an_ordered_product_was_ordered"),
        ]
        indexes = [
            models.Index(
                F("user_id"), F("last_ordered_at").desc(), F("product_id"), name="newest_products_of_user"
            ),
            models.Index(fields=["product", "-times_ordered", "-id"], name="users_by_times_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} by {self.user_id}"
