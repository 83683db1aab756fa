"""After a write the customer goes to the order history, with a token that says what it must know to show it."""

from collections.abc import Iterable
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.http import urlencode

from event_bus.consistency import ConsistencyToken
from orders.models import Order
from storefront.addresses import YOUR_PRODUCTS

MOST_NAMED = 5


def to_your_products(order: Order, product_ids: Iterable[UUID], *, news: str) -> HttpResponse:
    """`news`: ordered or cancelled."""
    token = ConsistencyToken("orders", order.id, order.version)
    named = [str(product_id) for product_id in product_ids]
    query: dict[str, str | list[str] | int] = {
        "news": news,
        "after": str(token),
        "product": named[:MOST_NAMED],
        "products": len(named),
    }
    return HttpResponseRedirect(f"{YOUR_PRODUCTS}?{urlencode(query, doseq=True)}", status=303)
