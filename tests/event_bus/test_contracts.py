"""A contract that was released is kept: every way of breaking one is planted here, and named."""

from datetime import datetime
from io import StringIO
from types import GenericAlias
from typing import Annotated, ClassVar, Literal
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from pydantic import BaseModel, Field, create_model

from event_bus.contracts import announced
from event_bus.contracts.released import (
    Contract,
    broken_contracts,
    present_contract,
    release,
    released_contracts,
)
from event_bus.contracts.schemas import NoExample, example_of, schema_of
from event_bus.events import DecimalText, Event

ID = UUID(int=1)


class Line(BaseModel):
    title: str = Field(examples=["Teapot"])
    pieces: int = Field(examples=[2])


class ParcelSent(Event):
    """A parcel left the house."""

    type: ClassVar[str] = "parcels.parcel_sent.v1"

    parcel_id: UUID = Field(examples=[str(ID)])
    sent_at: datetime = Field(examples=["2026-03-01T12:00:00Z"])
    carrier: Literal["post", "bike"] = Field(examples=["post"])
    weight: int = Field(ge=0, le=100, examples=[3])
    price: DecimalText = Field(examples=["4.50"])
    note: str | None = Field(max_length=80, examples=[None])
    insured: bool = Field(default=False, examples=[False])
    lines: tuple[Line, ...]


def changed(**fields):
    """ParcelSent with other fields; `name=None` takes one away."""
    kept = {
        name: (
            field.annotation if not field.metadata else Annotated[field.annotation, *field.metadata],
            field,
        )
        for name, field in ParcelSent.model_fields.items()
        if name not in fields and name != "version"
    }
    given = {name: definition for name, definition in fields.items() if definition is not None}
    cls = create_model("ParcelSent", __base__=Event, **kept, **given)
    cls.type = ParcelSent.type
    return cls


def lines_with(**fields):
    """The definition of `lines`, with other fields in each."""
    return (GenericAlias(tuple, (create_model("Line", **fields), ...)), ...)


def what_breaks(event_class):
    released = {ParcelSent.type: present_contract(ParcelSent, {})}
    return broken_contracts([event_class], released).get(ParcelSent.type, [])


text = Field(examples=["x"])
title, pieces = (str, text), (int, Field(examples=[1]))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"carrier": None}, "carrier was removed"),
        ({"weight": (str, text)}, "weight was integer, and is string"),
        ({"parcel_id": (str, text)}, "parcel_id was string (uuid), and is string"),
        ({"price": (float, ...)}, "price was string (decimal), and is number"),
        (
            {"price": (DecimalText | int, ...)},
            "price was string (decimal), and is integer or string (decimal)",
        ),
        (
            {"sent_at": (datetime | None, ...)},
            "sent_at may now be null, and its readers do not expect that",
        ),
        (
            {"note": (str, Field(max_length=80))},
            "note may no longer be null, and the log holds events in which it is",
        ),
        (
            {"carrier": (Literal["post"], ...)},
            "carrier may no longer be 'bike', and the log holds events in which it is",
        ),
        (
            {"carrier": (Literal["post", "bike", "ship"], ...)},
            "carrier may now be 'ship', which its readers do not know",
        ),
        ({"weight": (int, Field(ge=0, le=50))}, "weight: maximum was 100, and is 50"),
        ({"weight": (int, Field(ge=0))}, "weight: maximum was 100, and is not set"),
        ({"note": (str | None, Field(max_length=200))}, "note: maxLength was 80, and is 200"),
        ({"lines": (Line, ...)}, "lines was array, and is object"),
        ({"lines": lines_with(title=title)}, "lines[].pieces was removed"),
        (
            {"lines": lines_with(title=title, pieces=title)},
            "lines[].pieces was integer, and is string",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_breaks_a_contract_is_named(fields, said):
    assert what_breaks(changed(**fields)) == [said]


def test_a_field_that_may_be_missing_breaks_its_contract():
    contract = present_contract(ParcelSent, {})
    missing = contract.model_copy(update={"payload": {**contract.payload, "required": ["version"]}})

    class Optional(ParcelSent):
        @classmethod
        def model_json_schema(cls, **options):
            return {**super().model_json_schema(**options), "required": missing.payload["required"]}

    assert "carrier may now be missing, and its readers rely on it" in what_breaks(Optional)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"gift": (bool, Field(examples=[True]))},
        {"gift": (bool, Field(default=False, examples=[True]))},
        {"lines": lines_with(title=title, pieces=pieces, colour=title)},
        {"carrier": (Literal["bike", "post"], Field(description="Who carries it.", examples=["bike"]))},
    ],
    ids=["nothing", "a field", "a field with a default", "a field further down", "words"],
)
def test_what_only_adds_breaks_nothing(fields):
    assert what_breaks(changed(**fields)) == []


def test_an_event_that_is_announced_no_longer_breaks_its_contract_unless_a_later_version_is():
    class ParcelSentV2(ParcelSent):
        type: ClassVar[str] = "parcels.parcel_sent.v2"

    released = {ParcelSent.type: present_contract(ParcelSent, {})}

    assert broken_contracts([], released) == {
        ParcelSent.type: ["the event is announced no longer, and no later version takes its place"]
    }
    assert broken_contracts([ParcelSentV2], released) == {}


def test_a_field_that_came_later_is_promised_to_nobody_and_its_first_example_stays():
    first = present_contract(ParcelSent, {})

    with_gift = changed(gift=(bool, Field(examples=[True])))
    second = present_contract(with_gift, {first.type: first})

    assert "gift" in second.payload["properties"]
    assert second.payload["required"] == first.payload["required"]
    assert [("gift" in example) for example in second.examples] == [True, False]


def test_a_released_contract_reads_as_it_was_written(tmp_path):
    contract = present_contract(ParcelSent, {})

    release([contract], tmp_path)

    assert (tmp_path / "parcels.parcel_sent.v1.json").exists()
    assert released_contracts(tmp_path) == {ParcelSent.type: contract}


def test_an_example_is_made_of_the_fields_and_one_that_is_missing_is_named():
    assert example_of(ParcelSent)["lines"] == [{"title": "Teapot", "pieces": 2}]
    with pytest.raises(NoExample, match=r"ParcelSent\.colour has no example"):
        example_of(changed(colour=(str, ...)))


def test_an_event_that_contains_itself_is_refused():
    class Folder(BaseModel):
        folders: list["Folder"]

    with pytest.raises(ValueError, match="Folder contains itself"):
        schema_of(Folder)


@pytest.fixture
def announcing(monkeypatch, settings, tmp_path):
    """The commands see these classes, and a folder of their own."""
    settings.EVENT_BUS = {**settings.EVENT_BUS, "CONTRACTS": tmp_path}

    def announce(*event_classes):
        command = "event_bus.management.commands.release_contracts.announced_events"
        monkeypatch.setattr(command, lambda: [*event_classes])

    return announce


def test_the_command_records_and_then_refuses_what_breaks(announcing, tmp_path):
    announcing(ParcelSent)
    assert "released: parcels.parcel_sent.v1" in run("release_contracts")
    assert "1 events keep their contracts" in run("release_contracts", "--check")
    recorded = (tmp_path / "parcels.parcel_sent.v1.json").read_text()

    announcing(changed(carrier=None, gift=(bool, Field(examples=[True]))))
    for options in ([], ["--check"]):
        with pytest.raises(CommandError) as refused:
            run("release_contracts", *options)

        assert "announce parcels.parcel_sent.v2 beside it" in str(refused.value)
        assert "- carrier was removed" in str(refused.value)
    assert (tmp_path / "parcels.parcel_sent.v1.json").read_text() == recorded


def test_the_check_lets_additions_pass_and_says_that_they_are_not_released(announcing, tmp_path):
    announcing(ParcelSent)
    run("release_contracts")

    announcing(changed(gift=(bool, Field(examples=[True]))))

    assert "not released yet: parcels.parcel_sent.v1" in run("release_contracts", "--check")
    assert Contract.model_validate_json(
        (tmp_path / "parcels.parcel_sent.v1.json").read_text()
    ) == present_contract(ParcelSent, {})


def test_events_are_found_in_the_apps_that_announce_them():
    assert {announced.announcing_app(event_class) for event_class in announced.announced_events()} >= {
        "orders",
        "products",
        "users",
    }


def run(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()
