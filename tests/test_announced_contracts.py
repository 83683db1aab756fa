"""What the producers write is, to the letter, what stands in contracts/."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from event_bus.contracts.announced import announced_events
from event_bus.contracts.released import broken_contracts, present_contract, released_contracts
from event_bus.contracts.schemas import schema_of
from event_bus.events import Event
from orders.events import OrderCancelled, OrderedLine, OrderPlaced
from products.events import ProductChanged, ProductCreated, ProductWithdrawn
from users.events import UserErased, UserSignedUp

RELEASED = released_contracts()

PRODUCT = UUID("5b0c9b52-41a4-4f6e-9d0e-6a0f4d1b2c01")
USER = UUID("8d1f7c1e-3f0b-4c57-8a8b-0d3b7c9e5a02")
ORDER = UUID("c3a4e6f8-1b2d-4e5f-9a7b-8c9d0e1f2a03")

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
    "lines": (OrderedLine(product_id=PRODUCT, quantity=2, unit_price=Decimal("12.5000"), currency="EUR"),),
}
EVENTS: list[Event] = [
    ProductCreated(**LAMP, version=1),
    ProductChanged(**LAMP, version=1),
    ProductWithdrawn(**{**LAMP, "withdrawn": True}, version=1),
    UserSignedUp(user_id=USER, version=1),
    UserErased(user_id=USER, erased_at=datetime(2026, 3, 2, 8, 30, 0, 123456, tzinfo=UTC), version=1),
    OrderPlaced(**ORDERED, version=1),
    OrderCancelled(**{**ORDERED, "cancelled_at": datetime(2026, 3, 2, 8, 30, tzinfo=UTC)}, version=1),
]

every_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)


@every_event
def test_a_producer_writes_exactly_the_example_of_its_contract(event):
    assert event.model_dump(mode="json") == RELEASED[event.type].examples[0]


@every_event
def test_an_example_is_what_its_schema_describes(event):
    schema = schema_of(type(event))

    assert set(schema["required"]) == set(schema["properties"])
    for example in RELEASED[event.type].examples:
        Draft202012Validator(RELEASED[event.type].payload).validate(example)


@every_event
def test_every_field_says_what_it_means(event):
    assert [*_without_meaning(schema_of(type(event)))] == []


def test_no_event_breaks_its_contract_and_all_are_released():
    assert broken_contracts(announced_events(), RELEASED) == {}
    assert [present_contract(event_class, RELEASED) for event_class in announced_events()] == [
        RELEASED[event_class.type] for event_class in announced_events()
    ]


@every_event
def test_a_wire_name_is_the_topic_and_the_name_of_the_class(event):
    topic, fact, version = event.type.split(".")

    assert topic == type(event).__module__.partition(".")[0] == event.topic()
    assert fact == re.sub(r"(?<=.)(?=[A-Z])", "_", type(event).__name__).lower()
    assert re.fullmatch(r"v[1-9]\d*", version)


def test_every_event_of_the_producers_is_here():
    assert announced_events() == [type(event) for event in EVENTS]


@pytest.mark.parametrize(
    ("event", "subject", "key"),
    [(EVENTS[0], PRODUCT, PRODUCT), (EVENTS[3], USER, USER), (EVENTS[5], ORDER, USER)],
)
def test_an_event_says_what_it_is_about_and_what_it_travels_with(event, subject, key):
    assert (event.subject, event.key) == (subject, key)


def _without_meaning(schema):
    for name, field in schema.get("properties", {}).items():
        if not field.get("description"):
            yield name
        yield from _without_meaning(field.get("items", {}))
