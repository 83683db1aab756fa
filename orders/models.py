"""Who ordered what, when, and what it cost at that moment."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone

from event_bus.outbox.guarding import AnnouncedQuerySet

CANCELLABLE_FOR = timedelta(days=14)
MAX_QUANTITY = 1_000_000


class OrderNotCancellable(Exception):
    """The order is cancelled already, or it was placed too long ago."""


class OrderQuerySet(AnnouncedQuerySet["Order"]):
    def of_user(self, user_id: uuid.UUID) -> "OrderQuerySet":
        return self.filter(user_id=user_id)

    def with_lines(self) -> "OrderQuerySet":
        return self.prefetch_related("lines")

    def newest_first(self) -> "OrderQuerySet":
        return self.order_by("-placed_at", "-id")

    def before(self, order: "Order") -> "OrderQuerySet":
        """What follows that one, newest first: a range of the index, however deep."""
        return self.filter(placed_at__lte=order.placed_at).exclude(
            placed_at=order.placed_at, id__gte=order.id
        )


class OrderLineQuerySet(AnnouncedQuerySet["OrderLine"]):
    pass


class Order(models.Model):
    """`user_id` and the lines' `product_id` point into other apps, so they are no foreign keys."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.UUIDField()
    currency = models.CharField(max_length=3)
    placed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Exact(Length("currency"), 3), name="an_order_currency_has_three_letters"
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="an_order_version_counts_from_one"),
        ]
        indexes = [
            models.Index(fields=["user_id", "-placed_at", "-id"], name="orders_of_a_user_newest_first"),
            models.Index(fields=["-placed_at", "-id"], name="orders_newest_first"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def total(self) -> Decimal:
        return sum((line.quantity * line.unit_price for line in self.lines.all()), Decimal("0.0000"))

    def is_cancellable(self, at: datetime) -> bool:
        return self.cancelled_at is None and at - self.placed_at <= CANCELLABLE_FOR

    def cancel(self, at: datetime) -> None:
        """Raises OrderNotCancellable if it is cancelled, or was placed more than CANCELLABLE_FOR ago."""
        if self.cancelled_at is not None:
            raise OrderNotCancellable(f"the order was cancelled at {self.cancelled_at:%Y-%m-%d %H:%M} UTC")
        if at - self.placed_at > CANCELLABLE_FOR:
            raise OrderNotCancellable(f"the order was placed more than {CANCELLABLE_FOR.days} days ago")
        self.cancelled_at = at


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(help_text="1, 2, 3… inside one order.")
    product_id = models.UUIDField()
    quantity = models.PositiveIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MAX_QUANTITY)])
    unit_price = models.DecimalField(max_digits=14, decimal_places=4, help_text="As it was when ordered.")

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="an_order_has_each_line_number_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, quantity__lte=MAX_QUANTITY),
                name="a_quantity_is_from_one_to_a_million",
            ),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="a_unit_price_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product_id}"


class IdempotencyKey(models.Model):
    """A client's name for its wish to order: asking again under the same name orders nothing more."""

    user_id = models.UUIDField()
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked for.")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user_id", "key"], name="a_user_uses_an_idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return self.key
