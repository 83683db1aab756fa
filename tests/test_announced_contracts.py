"""What the producers write is, to the letter, what stands in tests/contracts/."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from event_bus.events import Event
from orders.events import OrderCancelled, OrderedLine, OrderPlaced
from products.events import ProductChanged, ProductCreated, ProductWithdrawn
from users.events import UserErased, UserSignedUp

CONTRACTS = Path(__file__).parent / "contracts"

PRODUCT = UUID("5b0c9b52-41a4-4f6e-9d0e-6a0f4d1b2c01")
USER = UUID("8d1f7c1e-3f0b-4c57-8a8b-0d3b7c9e5a02")
ORDER = UUID("c3a4e6f8-1b2d-4e5f-9a7b-8c9d0e1f2a03")
GIFT = UUID("1f2e3d4c-5b6a-4798-8a9b-0c1d2e3f4a04")

LAMP: dict[str, Any] = {
    "product_id": PRODUCT,
    "title": "Lampe à huile “Ämne” 灯",
    "image": "products/0123456789abcdef0123456789abcdef.png",
    "price": Decimal("12.5000"),
    "currency": "EUR",
    "withdrawn": False,
}
ORDERED: dict[str, Any] = {
    "order_id": ORDER,
    "user_id": USER,
    "placed_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "cancelled_at": None,
    "lines": (
        OrderedLine(product_id=PRODUCT, quantity=2, unit_price=Decimal("12.5000"), currency="EUR"),
        OrderedLine(product_id=GIFT, quantity=1, unit_price=Decimal("0.0000"), currency="EUR"),
    ),
}
EVENTS: list[Event] = [
    ProductCreated(**LAMP, version=1),
    ProductChanged(**{**LAMP, "title": "Lampe", "image": None}, version=2),
    ProductWithdrawn(**{**LAMP, "withdrawn": True}, version=3),
    UserSignedUp(user_id=USER, version=1),
    UserErased(user_id=USER, erased_at=datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=UTC), version=2),
    OrderPlaced(**ORDERED, version=1),
    OrderCancelled(**{**ORDERED, "cancelled_at": datetime(2026, 3, 2, 8, 30, tzinfo=UTC)}, version=2),
]

every_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)


@every_event
def test_a_producer_writes_exactly_the_sample(event):
    sample = json.loads((CONTRACTS / f"{event.type}.json").read_text())

    assert event.model_dump(mode="json") == sample


@every_event
def test_a_wire_name_is_the_topic_and_the_name_of_the_class(event):
    topic, fact, version = event.type.split(".")

    assert topic == type(event).__module__.partition(".")[0] == event.topic()
    assert fact == re.sub(r"(?<=.)(?=[A-Z])", "_", type(event).__name__).lower()
    assert re.fullmatch(r"v[1-9]\d*", version)


def test_every_event_of_the_producers_is_here():
    announced = {
        cls
        for module in (ProductCreated, UserSignedUp, OrderPlaced)
        for cls in _subclasses(Event)
        if cls.__module__ == module.__module__ and hasattr(cls, "type")
    }

    assert announced == {type(event) for event in EVENTS}


@pytest.mark.parametrize(
    ("event", "subject", "key"),
    [(EVENTS[0], PRODUCT, PRODUCT), (EVENTS[3], USER, USER), (EVENTS[5], ORDER, USER)],
)
def test_an_event_says_what_it_is_about_and_what_it_travels_with(event, subject, key):
    assert (event.subject, event.key) == (subject, key)


def _subclasses(cls: type[Event]) -> set[type[Event]]:
    return {cls, *(found for child in cls.__subclasses__() for found in _subclasses(child))}
