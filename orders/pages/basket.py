"""The basket, and ordering what is in it."""

from decimal import Decimal
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from orders.operations import (
    KeyUsedForAnotherOrder,
    LineToOrder,
    OrderInvalid,
    ProductsNotAvailable,
    TotalChanged,
    place_order_once,
)
from orders.pages.forms import Checkout, Wish
from orders.pages.news import to_your_products
from orders.pages.shown import lines_of_basket
from products.queries import get_offers
from storefront.basket import MOST_PIECES, Basket, BasketFull


@never_cache
@require_safe
def basket(request: HttpRequest) -> HttpResponse:
    return _show(request, Basket.of(request))


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    wish = Wish(request.POST)
    response = HttpResponseRedirect(_way_back(request))
    if not wish.is_valid() or not wish.cleaned_data["quantity"]:
        messages.error(request, f"From 1 to {MOST_PIECES} pieces can be put into the basket at once.")
        return response
    product_id, quantity = wish.cleaned_data["product"], wish.cleaned_data["quantity"]
    offer = get_offers([product_id]).get(product_id)
    if offer is None or offer.withdrawn:
        messages.error(request, "This is not sold, so it is not in your basket.")
        return response
    filled = Basket.of(request)
    try:
        filled.add(product_id, quantity)
    except BasketFull as error:
        messages.error(request, f"Not added: {error}.")
        return response
    filled.keep(response)
    messages.success(request, f"{offer.title} is in your basket.")
    return response


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    wish = Wish(request.POST)
    response = redirect("basket")
    if not wish.is_valid():
        messages.error(
            request, f"Nothing was changed: from 0 to {MOST_PIECES} pieces of a product can be ordered."
        )
        return response
    changed = Basket.of(request)
    changed.change(wish.cleaned_data["product"], wish.cleaned_data["quantity"])
    changed.keep(response)
    return response


@never_cache
@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Order what the customer saw, at the sum that they saw. A second click orders nothing more.

    What they have put into the basket since, in another tab, stays there.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("basket"))
    checkout = Checkout(request.POST)
    if not checkout.is_valid():
        return _show(
            request, Basket.of(request), "The order was incomplete, so nothing was ordered. Please try again."
        )
    seen = Basket.parse(checkout.cleaned_data["basket"])
    try:
        order, _ = place_order_once(
            user_id=request.user.pk,
            lines=[LineToOrder(id, quantity) for id, quantity in seen.quantities.items()],
            at=timezone.now(),
            key=f"page {checkout.cleaned_data['key']}",
            total=checkout.cleaned_data["total"],
        )
    except TotalChanged:
        why = "Prices have changed since you looked, so nothing was ordered. Here is what it costs now."
        return _show(request, seen, why)
    except ProductsNotAvailable:
        return _show(request, seen, "Nothing was ordered: take out what is no longer sold, then order again.")
    except OrderInvalid as error:
        return _show(request, seen, f"Nothing was ordered: {'; '.join(error.messages)}.")
    except KeyUsedForAnotherOrder:
        return _show(
            request, seen, "You have ordered from this page before. Is this another order? Then order again."
        )
    response = to_your_products(order, seen.quantities, news="ordered")
    left = Basket.of(request)
    left.take_out(seen)
    left.keep(response)
    return response


def _show(request: HttpRequest, basket: Basket, error: str = "") -> HttpResponse:
    lines = lines_of_basket(basket)
    context = {
        "here": "basket",
        "error": error,
        "basket": basket,
        "lines": lines,
        "can_order": bool(lines) and all(line.available for line in lines),
        "total": sum((line.sum for line in lines if line.available), Decimal("0.0000")),
        "currency": next((line.currency for line in lines if line.available), ""),
        "most_pieces": MOST_PIECES,
        "key": uuid4(),
    }
    return render(request, "orders/basket.html", context, status=422 if error else 200)


def _way_back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else reverse("basket")
