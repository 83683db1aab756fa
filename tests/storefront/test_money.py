from decimal import Decimal

import pytest

from storefront.templatetags.storefront import money


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("12.5000", "USD", "$12.50"),
        ("0.0000", "EUR", "€0.00"),
        ("1234567.0000", "GBP", "£1,234,567.00"),
        ("0.1250", "USD", "$0.125"),
        ("100.0000", "CHF", "100.00 CHF"),
    ],
)
def test_money_reads_as_people_write_it(amount, currency, text):
    assert money(Decimal(amount), currency) == text
