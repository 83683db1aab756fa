"""The JSON schema and the example of an event, from its class."""

from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

Schema = dict[str, Any]

NULL: Schema = {"type": "null"}


class NoExample(LookupError):
    """A field of an announced event has no example."""


class _Plain(GenerateJsonSchema):
    """Fields have no title, which would only repeat their names. What has a default is written all the same."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


def schema_of(model: type[BaseModel], *, mode: JsonSchemaMode = "serialization") -> Schema:
    """What is written or, with mode "validation", what can be read. Every reference is filled in."""
    schema = model.model_json_schema(mode=mode, schema_generator=_Plain)
    definitions = schema.pop("$defs", {})
    filled: Schema = _fill_in(schema, definitions, inside=())
    return filled


def alternatives(schema: Schema) -> list[Schema]:
    """What a value may be, null left out."""
    return [one for one in schema.get("anyOf", [schema]) if one != NULL]


def may_be_null(schema: Schema) -> bool:
    return NULL in schema.get("anyOf", [schema])


def example_of(model: type[BaseModel]) -> dict[str, Any]:
    """Made of the examples of its fields, as it goes on the wire. Raises NoExample."""
    values = {name: _example(f"{model.__name__}.{name}", field) for name, field in model.model_fields.items()}
    return model.model_validate(values).model_dump(mode="json")


def _example(name: str, field: FieldInfo) -> Any:
    if field.examples:
        return field.examples[0]
    for part in get_args(field.annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return [example_of(part)]
    raise NoExample(f"{name} has no example: Field(description=…, examples=[…])")


def _fill_in(node: Any, definitions: dict[str, Schema], *, inside: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_fill_in(item, definitions, inside=inside) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(reference := node.get("$ref"), str):
        name = reference.rpartition("/")[2]
        if name in inside:
            raise ValueError(f"{name} contains itself: an event is a plain tree")
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        return {**_fill_in(definitions[name], definitions, inside=(*inside, name)), **siblings}
    return {key: _fill_in(value, definitions, inside=inside) for key, value in node.items()}
