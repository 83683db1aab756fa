"""The catalogue told again, as it stands now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q

from event_bus.digests import Record, Which, as_text, hex_of, select
from event_bus.events import Event
from event_bus.outbox.sources import Source
from products.events import ProductChanged, ProductCreated, ProductWithdrawn
from products.models import Product


def state_of(product: Product) -> dict[str, Any]:
    return {
        "product_id": product.id,
        "title": product.title,
        "image": product.image.name or None,
        "price": product.price,
        "currency": product.currency,
        "withdrawn": product.withdrawn,
        "version": product.version,
    }


def _last_facts(products: Sequence[Product]) -> list[Event]:
    return [_last_fact(product) for product in products]


def _last_fact(product: Product) -> Event:
    if product.withdrawn:
        return ProductWithdrawn(**state_of(product))
    if product.version == 1:
        return ProductCreated(**state_of(product))
    return ProductChanged(**state_of(product))


def _since(time: datetime) -> Q:
    return Q(created_at__gte=time) | Q(withdrawn_at__gte=time)


def _records(which: Which) -> list[Record]:
    """What readers keep of a product: its title, its picture, and whether it is still sold."""
    rows = select(Product.objects.order_by("pk"), which)
    return [
        Record(hex_of(id), version, (title, image, withdrawn_at is not None))
        for id, version, title, image, withdrawn_at in rows.values_list(
            as_text("pk"), "version", "title", "image", "withdrawn_at"
        )
    ]


source = Source(rows=Product.objects.all, events_of=_last_facts, since=_since, records=_records)
