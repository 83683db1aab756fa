"""Prices as this shop writes them: decimals with four places, the same in memory, database and events."""

from decimal import Decimal, InvalidOperation

PLACES = Decimal("0.0001")


def as_price(amount: Decimal) -> Decimal:
    """The same amount with exactly four decimals. Raises ValueError if that would round it."""
    try:
        price = amount.quantize(PLACES) + 0  # no minus before a zero
    except InvalidOperation:
        price = None
    if price is None or price != amount:
        raise ValueError(f"{amount} is not a price: at most 4 decimals")
    return price


def shown(price: Decimal) -> str:
    """As people write it: two decimals, or all four where the last two say something."""
    return f"{price:,.2f}" if price == price.quantize(Decimal("0.01")) else f"{price:,.4f}"
