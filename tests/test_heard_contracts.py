"""Every subscriber can read each event that it listens to, those of older releases too."""

import json

import pytest
from pydantic import BaseModel

from event_bus.contracts.comparing import unreadable
from event_bus.contracts.heard import heard_events
from event_bus.contracts.released import released_contracts
from event_bus.contracts.schemas import schema_of

RELEASED = released_contracts()
HEARD = heard_events()

everything_heard = pytest.mark.parametrize(
    "heard", HEARD, ids=[f"{heard.subscription.name} {heard.type}" for heard in HEARD]
)


@everything_heard
def test_a_subscriber_reads_every_example(heard):
    for written in RELEASED[heard.type].examples:
        read = json.loads(heard.event_class.model_validate(written).model_dump_json())

        assert _in_common(read, written) == _in_common(written, read)


@everything_heard
def test_a_subscriber_asks_for_nothing_that_the_contract_does_not_promise(heard):
    assert [*unreadable(RELEASED[heard.type].payload, schema_of(heard.event_class, mode="validation"))] == []


class Read(BaseModel):
    title: str
    image: str
    gift: bool
    price: int
    lines: tuple["Line", ...]


class Line(BaseModel):
    product_id: str
    colour: str


def test_a_reader_that_asks_for_too_much_is_told_of_each_field():
    text, flag = {"type": "string"}, {"type": "boolean"}
    line = {"type": "object", "properties": {"product_id": text}, "required": ["product_id"]}
    contract = {
        "type": "object",
        "properties": {
            "title": text,
            "image": {"anyOf": [text, {"type": "null"}]},
            "gift": flag,
            "price": text,
            "lines": {"type": "array", "items": line},
        },
        "required": ["title", "image", "price", "lines"],
    }

    assert [*unreadable(contract, schema_of(Read, mode="validation"))] == [
        "image may be null, which the reader does not accept",
        "gift is required by the reader, and not every event of the log has it",
        "price is string, and the reader expects integer",
        "lines[].colour is required by the reader, and not every event of the log has it",
    ]


def _in_common(one, other):
    """What `one` says of the fields that `other` has as well, at every depth."""
    if isinstance(one, dict):
        return {name: _in_common(value, other[name]) for name, value in one.items() if name in other}
    if isinstance(one, list):
        return [_in_common(*pair) for pair in zip(one, other, strict=True)]
    return one
