"""The catalogue for customers."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_cookie

from products.models import Product
from storefront.basket import MOST_PIECES
from storefront.searching import Search

PAGE_SIZE = 24


@require_safe
@vary_on_cookie
@cache_control(private=True)
def catalogue(request: HttpRequest) -> HttpResponse:
    search = Search(request.GET)
    wanted = Product.objects.on_offer().titled(search.title).by_title()
    if after := request.GET.get("after"):
        wanted = wanted.following(get_object_or_404(Product, id=_uuid(after)))
    found = list(wanted[: PAGE_SIZE + 1]) if search.is_valid() else []
    products = found[:PAGE_SIZE]
    context = {
        "here": "catalogue",
        "search": search,
        "products": products,
        "continued": bool(after),
        "next": urlencode({"q": search.title, "after": str(products[-1].id)})
        if len(found) > PAGE_SIZE
        else "",
    }
    return render(request, "products/catalogue.html", context)


@require_safe
@vary_on_cookie
@cache_control(private=True)
def product(request: HttpRequest, product_id: UUID) -> HttpResponse:
    context = {"product": get_object_or_404(Product, id=product_id), "most_pieces": MOST_PIECES}
    return render(request, "products/product.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
