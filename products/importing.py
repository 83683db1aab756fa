"""Products that were sold elsewhere before: taken over in bulk, each announced."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from event_bus.outbox.publishing import publish_all
from products.announcing import state_of
from products.events import ProductCreated
from products.models import Product
from products.prices import as_price
from storefront.folding import folded


@dataclass(frozen=True)
class ProductToImport:
    product_id: UUID
    title: str
    price: Decimal
    currency: str
    image: str
    """Path in the media storage, as `store_verified` returned it; "" for none."""


@transaction.atomic
def import_products(products: Sequence[ProductToImport]) -> int:
    """Create those whose id is not known yet, leave the others alone. Returns how many are new.

    The caller has checked the fields. Raises ValueError for a price with more than 4 decimals.
    """
    given = {product.product_id: product for product in products}
    known = set(Product.objects.filter(id__in=list(given)).values_list("id", flat=True))
    new = [
        Product(
            id=product.product_id,
            title=product.title,
            folded_title=folded(product.title),
            price=as_price(product.price),
            currency=product.currency,
            image=product.image,
        )
        for product in given.values()
        if product.product_id not in known
    ]
    # Two imports of one set at once announce the same facts twice, which counts once.
    Product.objects.unguarded().bulk_create(new, ignore_conflicts=True)
    publish_all(ProductCreated(**state_of(product)) for product in new)
    return len(new)
