"""What can be done to the catalogue: each verb is one transaction and announces what it did."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, Unpack, cast
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.db.models import Field

from event_bus.outbox.publishing import publish
from products.announcing import state_of
from products.events import ProductChanged, ProductCreated, ProductWithdrawn
from products.images import NotAPicture, store_uploaded
from products.models import Product, shop_currency
from products.prices import as_price
from storefront.folding import folded


class ProductInvalid(ValidationError):
    """Some fields are wrong; `message_dict` names every one and says why."""


class StaleVersion(Exception):
    """The product changed since the version that the caller knows."""


class ProductChanges(TypedDict, total=False):
    title: str
    price: Decimal
    image: File | None
    """None takes the picture away."""


def create_product(
    *,
    title: str,
    price: Decimal,
    currency: str | None = None,
    image: File | None = None,
    product_id: UUID | None = None,
) -> Product:
    """Add a product to the catalogue, and its picture to the storage. Raises ProductInvalid."""
    values = _checked(
        {"title": title, "price": price, "currency": currency or shop_currency(), "image": image}
    )
    with transaction.atomic():
        product = Product.objects.create(id=product_id or uuid4(), **values)
        publish(ProductCreated(**state_of(product)))
    return product


def change_product(
    *, product_id: UUID, expected_version: int | None = None, **changes: Unpack[ProductChanges]
) -> Product:
    """Change the fields that are given. If all are so already, the version stays and nothing is announced.

    Raises Product.DoesNotExist, ProductInvalid, or StaleVersion if `expected_version` is not the present one.
    """
    values = _checked(changes)
    with transaction.atomic():
        product = _locked(product_id, expected_version)
        changed = {name: value for name, value in values.items() if getattr(product, name) != value}
        if changed:
            for name, value in changed.items():
                setattr(product, name, value)
            product.version += 1
            product.save(update_fields=[*changed, "version"])
            publish(ProductChanged(**state_of(product)))
    return product


@transaction.atomic
def withdraw_product(*, product_id: UUID, at: datetime, expected_version: int | None = None) -> Product:
    """Sell the product no longer. Raises Product.DoesNotExist, StaleVersion or AlreadyWithdrawn."""
    product = _locked(product_id, expected_version)
    product.withdraw(at)
    product.version += 1
    product.save(update_fields=["withdrawn_at", "version"])
    publish(ProductWithdrawn(**state_of(product)))
    return product


def _locked(product_id: UUID, expected_version: int | None) -> Product:
    product = Product.objects.select_for_update().get(id=product_id)
    if expected_version is not None and expected_version != product.version:
        raise StaleVersion(f"the product is at version {product.version}, not {expected_version}")
    return product


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they will be stored, pictures in the storage. Raises ProductInvalid.

    Called before the transaction: decoding a picture is slow, and one that is left over harms nobody.
    """
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, value in fields.items():
        try:
            values[name] = _checked_field(name, value)
        except (ValidationError, NotAPicture) as error:
            errors[name] = error if isinstance(error, ValidationError) else str(error)
    if errors:
        raise ProductInvalid(errors)
    return values | ({"folded_title": folded(values["title"])} if "title" in values else {})


def _checked_field(name: str, value: Any) -> Any:
    if name == "image":
        return store_uploaded(value) if value else ""
    if isinstance(value, str):
        value = value.strip()
    cleaned = cast(Field, Product._meta.get_field(name)).clean(value, None)
    return as_price(cleaned) if name == "price" else cleaned
