"""docs/events.md: each event for people, made of the same classes as the AsyncAPI document."""

import json
from collections.abc import Iterator

from event_bus.contracts.announced import announced_events, announcing_app, summary_of
from event_bus.contracts.asyncapi import example_of_message
from event_bus.contracts.heard import heard_events
from event_bus.contracts.released import Contracts, present_contract, released_contracts
from event_bus.contracts.schemas import Schema, alternatives, may_be_null, schema_of
from event_bus.events import Envelope, Event

TOP = """# Events

Every event that is announced, who hears it and what its fields mean. This page is written by
`manage.py asyncapi --format markdown --output docs/events.md` from the event classes; a test fails when it is out of
date. The same for machines: `manage.py asyncapi`. How to add or change one: [contracts.md](contracts.md).
"""


def page() -> str:
    """Raises NoProjection, NoExample."""
    released, heard_by = released_contracts(), _listeners()
    events = announced_events()
    parts = [TOP, *_overview(events, heard_by), "## The envelope", ""]
    parts += ["What every event travels in: the attributes of CloudEvents 1.0 and its place in the log.", ""]
    parts += [*_table_of_fields(schema_of(Envelope)), ""]
    for event_class in events:
        parts += [*_section(event_class, heard_by.get(event_class.type, {}), released)]
    return "\n".join(parts).rstrip() + "\n"


def _listeners() -> dict[str, dict[str, str]]:
    """Wire name → subscription → handler."""
    found: dict[str, dict[str, str]] = {}
    for heard in heard_events():
        found.setdefault(heard.type, {})[heard.subscription.name] = heard.handler
    return found


def _overview(events: list[type[Event]], heard_by: dict[str, dict[str, str]]) -> Iterator[str]:
    yield "| event | announced by | heard by |"
    yield "|---|---|---|"
    for event_class in events:
        listeners = ", ".join(heard_by.get(event_class.type, {})) or "nobody"
        link = f"[`{event_class.type}`](#{_anchor(event_class.type)})"
        yield f"| {link} | {announcing_app(event_class)} | {listeners} |"
    yield ""


def _section(event_class: type[Event], heard_by: dict[str, str], released: Contracts) -> Iterator[str]:
    contract = present_contract(event_class, released)
    yield f"## {event_class.type}"
    yield ""
    yield summary_of(event_class)
    yield ""
    yield f"- Announced by `{announcing_app(event_class)}` (`{event_class.__module__}.{event_class.__name__}`)"
    for subscription, handler in heard_by.items():
        yield f"- Heard by `{subscription}` (`{handler}`)"
    yield ""
    yield from _table_of_fields(contract.payload)
    yield ""
    yield "```json"
    yield json.dumps(example_of_message(event_class, contract), indent=2, ensure_ascii=False)
    yield "```"
    yield ""


def _table_of_fields(schema: Schema) -> Iterator[str]:
    yield "| field | type | meaning |"
    yield "|---|---|---|"
    for name, field, always in _fields(schema):
        since = "" if always else " Older events may not have it."
        yield f"| `{name}` | {_type_of(field)} | {field.get('description', '')}{since} |"


def _fields(schema: Schema, prefix: str = "") -> Iterator[tuple[str, Schema, bool]]:
    for name, field in schema.get("properties", {}).items():
        yield f"{prefix}{name}", field, name in schema.get("required", [])
        items = field.get("items", {})
        yield from _fields(items, f"{prefix}{name}[].")
        if "properties" in field:
            yield from _fields(field, f"{prefix}{name}.")


def _type_of(field: Schema) -> str:
    kinds = [str(one.get("format") or one.get("type", "anything")) for one in alternatives(field)]
    return " or ".join([*kinds, "null"] if may_be_null(field) else kinds)


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return heading.replace(".", "").lower()
