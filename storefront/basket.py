"""The basket: a cookie of the customer's own, so that filling it needs neither an account nor a database.

It holds wishes, not facts: prices, and whether a product is sold, are looked up whenever it is shown.
"""

from collections.abc import Mapping
from typing import Self
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

COOKIE = "basket"
MAX_AGE = 30 * 24 * 3600
"""Seconds."""

MOST_PRODUCTS = 50
MOST_PIECES = 99
"""Of one product."""


class BasketFull(Exception):
    """It holds MOST_PRODUCTS different products: a browser keeps no longer cookie."""


class Basket:
    def __init__(self, quantities: Mapping[UUID, int] = {}) -> None:
        self.quantities = dict(quantities)

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        return cls.parse(request.COOKIES.get(COOKIE, ""))

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `str` of a basket wrote; whatever in it is not ours is left out."""
        basket = cls()
        for line in text.split(".")[:MOST_PRODUCTS]:
            product_id, _, quantity = line.partition(":")
            try:
                basket.quantities[UUID(product_id)] = min(max(int(quantity), 1), MOST_PIECES)
            except ValueError:
                continue
        return basket

    def __str__(self) -> str:
        return ".".join(f"{product_id.hex}:{quantity}" for product_id, quantity in self.quantities.items())

    def add(self, product_id: UUID, quantity: int) -> None:
        """Raises BasketFull."""
        if product_id not in self.quantities and len(self.quantities) >= MOST_PRODUCTS:
            raise BasketFull(f"a basket holds at most {MOST_PRODUCTS} different products")
        self.change(product_id, self.quantities.get(product_id, 0) + quantity)

    def change(self, product_id: UUID, quantity: int) -> None:
        """No piece takes the product out."""
        if quantity < 1:
            self.quantities.pop(product_id, None)
        else:
            self.quantities[product_id] = min(quantity, MOST_PIECES)

    def take_out(self, pieces: Self) -> None:
        for product_id, quantity in pieces.quantities.items():
            self.change(product_id, self.quantities.get(product_id, 0) - quantity)

    def keep(self, response: HttpResponseBase) -> None:
        response.set_cookie(
            COOKIE,
            str(self),
            max_age=MAX_AGE if self.quantities else 0,
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )

    def __len__(self) -> int:
        """Pieces."""
        return sum(self.quantities.values())
