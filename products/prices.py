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
