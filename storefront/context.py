"""What every page shows, from cookies alone: no database is asked for it."""

from typing import Any

from django.http import HttpRequest

from storefront.basket import Basket
from storefront.visitor import visitor_of


def storefront(request: HttpRequest) -> dict[str, Any]:
    return {"visitor": visitor_of(request), "pieces_in_basket": len(Basket.of(request))}
