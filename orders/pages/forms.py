"""What customers say about their basket."""

from decimal import Decimal

from django import forms

from storefront.basket import MOST_PIECES


class Wish(forms.Form):
    """So many pieces of a product; none takes it out of the basket."""

    product = forms.UUIDField()
    quantity = forms.IntegerField(label="Pieces", min_value=0, max_value=MOST_PIECES)


class Checkout(forms.Form):
    """The basket as the customer saw it, and a name for this one wish to order it."""

    key = forms.UUIDField()
    basket = forms.CharField(max_length=4000)
    total = forms.DecimalField(max_digits=20, decimal_places=4, min_value=Decimal(0))
