"""The catalogue for customers."""

from uuid import UUID

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
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
        wanted = wanted.following(*_seen_last(after))
    found = list(wanted[: PAGE_SIZE + 1]) if search.is_valid() else []
    products = found[:PAGE_SIZE]
    context = {
        "here": "catalogue",
        "search": search,
        "products": products,
        "continued": bool(after),
        "next": urlencode({"q": search.title, "after": _cursor(products[-1])})
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


def _cursor(last: Product) -> str:
    """With its title as it was seen: what is renamed meanwhile moves nobody's place."""
    return signing.dumps([last.title, str(last.id)], salt=__name__)


def _seen_last(cursor: str) -> tuple[str, UUID]:
    try:
        title, id = signing.loads(cursor, salt=__name__)
    except signing.BadSignature as error:
        raise Http404("no page of ours ended there") from error
    return title, UUID(id)
