"""What the pages' templates say often: addresses, pictures, money, fields."""

from decimal import Decimal
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.utils.safestring import SafeString

from storefront import addresses

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
WIDTHS = (320, 640)
"""Pixels, of the thumbnails that a picture has (products/thumbnails.py)."""

register = template.Library()


@register.simple_tag
def shop_name() -> str:
    return str(settings.SHOP_NAME)


@register.simple_tag
def address(page: str) -> str:
    return addresses.address(page)


@register.inclusion_tag("storefront/picture.html")
def picture(path: str, *, sizes: str, alt: str = "", eager: bool = False) -> dict[str, Any]:
    """A picture of the shop as wide as `sizes` says, or the placeholder if there is none (`path` is empty)."""
    thumbnails = [
        (f"{settings.MEDIA_URL}thumbnails/{width}/{path}.webp", width)
        for width in WIDTHS
        if settings.MEDIA_THUMBNAILS
    ]
    return {
        "path": path,
        "source": thumbnails[-1][0] if thumbnails else f"{settings.MEDIA_URL}{path}",
        "thumbnails": thumbnails,
        "sizes": sizes,
        "alt": alt,
        "eager": eager,
    }


@register.inclusion_tag("storefront/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """Label, hint, input and what is wrong with it, tied together for those who do not see them."""
    described = [f"{bound.auto_id}_hint"] if bound.help_text else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    attributes: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    return {"field": bound, "input": SafeString(bound.as_widget(attrs=attributes))}


@register.simple_tag
def money(amount: Decimal, currency: str) -> str:
    """$12.50; more than two decimals only where they say something."""
    shortest = amount.normalize()
    number = f"{shortest:,f}" if -int(shortest.as_tuple().exponent) > 2 else f"{amount:,.2f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency}"
