"""Whether an event still keeps its contract.

The log keeps events for ever and is replayed, so both must hold: readers of today understand the events
of tomorrow, and readers of tomorrow understand the events of yesterday. A field that was released
therefore stays as it is; fields may be added, and so may words about them.
"""

from collections.abc import Iterator
from typing import Any

from event_bus.contracts.schemas import Schema, alternatives, may_be_null

WORDS = {"title", "description", "examples", "default"}
STRUCTURE = {"type", "format", "properties", "required", "items", "enum", "const", "anyOf"}


def breaking_changes(released: Schema, present: Schema, field: str = "") -> Iterator[str]:
    """In words, each with the field that it is about."""
    at = field or "the event"
    if may_be_null(present) and not may_be_null(released):
        yield f"{at} may now be null, and its readers do not expect that"
    if may_be_null(released) and not may_be_null(present):
        yield f"{at} may no longer be null, and the log holds events in which it is"
    before, after = alternatives(released), alternatives(present)
    if _kinds(before) != _kinds(after):
        yield f"{at} was {_spoken(before)}, and is {_spoken(after)}"
        return
    for old, new in zip(sorted(before, key=_kind), sorted(after, key=_kind), strict=True):
        yield from _changed_values(old, new, at)
        yield from _changed_bounds(old, new, at)
        yield from _changed_fields(old, new, field)
        if "items" in old:
            yield from breaking_changes(old["items"], new.get("items", {}), f"{field}[]")


def unreadable(written: Schema, read: Schema, field: str = "") -> Iterator[str]:
    """What a reader asks of the events that the contract does not promise. Bounds are the reader's own business."""
    at = field or "the event"
    if may_be_null(written) and not may_be_null(read):
        yield f"{at} may be null, which the reader does not accept"
    readable = alternatives(read)
    for one in alternatives(written):
        matching = [other for other in readable if _accepts(other, one)]
        if not matching:
            yield f"{at} is {_kind(one)}, and the reader expects {_spoken(readable)}"
            continue
        yield from _unreadable_fields(one, matching[0], field)
        if "items" in one:
            yield from unreadable(one["items"], matching[0].get("items", {}), f"{field}[]")


def merged(released: Schema, present: Schema) -> Schema:
    """The contract of all events of this type in the log: a field that came later is in some, so not required."""
    contract = dict(present)
    if "properties" in present:
        before = released.get("properties", {})
        contract["properties"] = {
            name: merged(before[name], field) if name in before else field
            for name, field in present["properties"].items()
        }
        always = released.get("required", [])
        contract["required"] = [name for name in present.get("required", []) if name in always]
    if "items" in present:
        contract["items"] = merged(released.get("items", {}), present["items"])
    return contract


def _changed_values(old: Schema, new: Schema, at: str) -> Iterator[str]:
    before, after = _values(old), _values(new)
    for value in before:
        if value not in after:
            yield f"{at} may no longer be {value!r}, and the log holds events in which it is"
    for value in after:
        if value not in before:
            yield f"{at} may now be {value!r}, which its readers do not know"


def _changed_bounds(old: Schema, new: Schema, at: str) -> Iterator[str]:
    for bound in sorted({*old, *new} - WORDS - STRUCTURE):
        if old.get(bound) != new.get(bound):
            yield f"{at}: {bound} was {old.get(bound, 'not set')}, and is {new.get(bound, 'not set')}"


def _changed_fields(old: Schema, new: Schema, field: str) -> Iterator[str]:
    present = new.get("properties", {})
    for name, schema in old.get("properties", {}).items():
        if name not in present:
            yield f"{_inside(field, name)} was removed"
            continue
        if name in old.get("required", []) and name not in new.get("required", []):
            yield f"{_inside(field, name)} may now be missing, and its readers rely on it"
        yield from breaking_changes(schema, present[name], _inside(field, name))


def _unreadable_fields(written: Schema, read: Schema, field: str) -> Iterator[str]:
    promised = written.get("properties", {})
    for name, schema in read.get("properties", {}).items():
        if name in read.get("required", []) and name not in written.get("required", []):
            yield f"{_inside(field, name)} is required by the reader, and not every event of the log has it"
        if name in promised:
            yield from unreadable(promised[name], schema, _inside(field, name))


def _accepts(read: Schema, written: Schema) -> bool:
    kinds = (read.get("type"), written.get("type"))
    if kinds not in {(kinds[0], kinds[0]), ("number", "integer"), (None, kinds[1])}:
        return False
    if read.get("format") not in (None, written.get("format")):
        return False
    return not _values(read) or set(map(str, _values(written) or ["?"])) <= set(map(str, _values(read)))


def _values(schema: Schema) -> list[Any]:
    return [schema["const"]] if "const" in schema else list(schema.get("enum", []))


def _kind(schema: Schema) -> str:
    name = str(schema.get("type", "anything"))
    return f"{name} ({schema['format']})" if "format" in schema else name


def _kinds(schemas: list[Schema]) -> list[str]:
    return sorted(map(_kind, schemas))


def _spoken(schemas: list[Schema]) -> str:
    return " or ".join(_kinds(schemas)) or "null"


def _inside(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name
