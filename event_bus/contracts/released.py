"""The contracts as they were last released: one file a wire name, kept with the code."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic import BaseModel

from event_bus.contracts.comparing import breaking_changes, merged
from event_bus.contracts.schemas import Schema, example_of, schema_of
from event_bus.events import Event


class Contract(BaseModel):
    """What readers may rely on in all events of one type, however old."""

    type: str
    examples: list[dict[str, Any]]
    """One of each release that changed it, the newest first."""
    payload: Schema


Contracts = Mapping[str, Contract]


def released_contracts(folder: Path | None = None) -> dict[str, Contract]:
    """By wire name. Raises pydantic's ValidationError for a file that is no contract."""
    files = sorted((folder or _folder()).glob("*.json"))
    contracts = [Contract.model_validate_json(file.read_text()) for file in files]
    return {contract.type: contract for contract in contracts}


def present_contract(event_class: type[Event], released: Contracts) -> Contract:
    """As it would be released now, together with what was released before."""
    payload, example = schema_of(event_class), example_of(event_class)
    earlier = released.get(event_class.type)
    if earlier is None:
        return Contract(type=event_class.type, examples=[example], payload=payload)
    examples = [example, *(other for other in earlier.examples if other != example)]
    return Contract(type=event_class.type, examples=examples, payload=merged(earlier.payload, payload))


def broken_contracts(event_classes: list[type[Event]], released: Contracts) -> dict[str, list[str]]:
    """What is wrong with each wire name whose contract was broken."""
    announced = {event_class.type: event_class for event_class in event_classes}
    broken: dict[str, list[str]] = {}
    for type_, contract in released.items():
        if type_ in announced:
            changes = [*breaking_changes(contract.payload, schema_of(announced[type_]))]
        else:
            changes = [*_gone(type_, announced)]
        if changes:
            broken[type_] = changes
    return broken


def release(contracts: list[Contract], folder: Path | None = None) -> None:
    for contract in contracts:
        text = json.dumps(contract.model_dump(), indent=2, ensure_ascii=False)
        path = (folder or _folder()) / f"{contract.type}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")


def next_version(type_: str) -> str:
    """ "orders.order_placed.v2" for "orders.order_placed.v1"."""
    fact, _, version = type_.rpartition(".v")
    return f"{fact}.v{int(version) + 1}"


def _gone(type_: str, announced: Mapping[str, type[Event]]) -> Iterator[str]:
    fact, _, version = type_.rpartition(".v")
    others = [other.rpartition(".v") for other in announced]
    if not any(name == fact and int(later) > int(version) for name, _, later in others):
        yield "the event is announced no longer, and no later version takes its place"


def _folder() -> Path:
    return Path(settings.EVENT_BUS["CONTRACTS"])
