"""A customer's own orders: all of them, one, and cancelling it."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from orders import operations
from orders.models import CANCELLABLE_FOR, Order, OrderNotCancellable, OrderQuerySet
from orders.pages.news import to_your_products
from orders.pages.shown import shown

PAGE_SIZE = 20


@never_cache
@require_safe
@login_required
def orders(request: HttpRequest) -> HttpResponse:
    own = _own_orders(request).newest_first()
    if before := request.GET.get("before"):
        own = own.before(get_object_or_404(_own_orders(request), id=_uuid(before)))
    found = list(own[: PAGE_SIZE + 1])
    page = shown(found[:PAGE_SIZE])
    context = {
        "here": "orders",
        "orders": page,
        "continued": bool(before),
        "next": page[-1].order.id if len(found) > PAGE_SIZE else None,
    }
    return render(request, "orders/orders.html", context)


@never_cache
@require_safe
@login_required
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    found = get_object_or_404(_own_orders(request), id=order_id)
    [order] = shown([found])
    context = {
        "here": "orders",
        "shown": order,
        "cancellable": found.is_cancellable(timezone.now()),
        "cancellable_until": found.placed_at + CANCELLABLE_FOR,
    }
    return render(request, "orders/order.html", context)


@never_cache
@require_POST
def cancel(request: HttpRequest, order_id: UUID) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("order", args=[order_id]))
    found = get_object_or_404(_own_orders(request), id=order_id)
    try:
        cancelled = operations.cancel_order(order_id=found.id, at=timezone.now())
    except OrderNotCancellable as error:
        messages.error(request, f"It cannot be cancelled: {error}.")
        return redirect("order", order_id=order_id)
    return to_your_products(cancelled, (line.product_id for line in found.lines.all()), news="cancelled")


def _own_orders(request: HttpRequest) -> OrderQuerySet:
    return Order.objects.of_user(cast(UUID, request.user.pk)).with_lines()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
