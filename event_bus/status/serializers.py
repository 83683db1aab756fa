"""Serializers made from dataclasses, so that an answer and its documentation cannot differ."""

import dataclasses
from datetime import datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from rest_framework import serializers

_SIMPLE: dict[type, type[serializers.Field]] = {
    str: serializers.CharField,
    int: serializers.IntegerField,
    float: serializers.FloatField,
    bool: serializers.BooleanField,
    datetime: serializers.DateTimeField,
}


@cache
def serializer_of(name: str, *dataclasses_: type) -> type[serializers.Serializer]:
    """One that has the fields of all of them; the same for the same dataclasses, or their documentation clashes."""
    fields = {field: _field(hint) for cls in dataclasses_ for field, hint in get_type_hints(cls).items()}
    return type(name, (serializers.Serializer,), fields)


def _field(hint: Any, **options: Any) -> serializers.Field:
    """Raises KeyError for a type that no dataclass of ours uses."""
    if get_origin(hint) in (Union, UnionType):
        [hint] = [one for one in get_args(hint) if one is not type(None)]
        return _field(hint, allow_null=True)
    if get_origin(hint) is tuple:
        child = _field(get_args(hint)[0])
        return serializers.ListField(child=child, **options)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return serializer_of(f"{hint.__name__}Serializer", hint)(**options)
    if issubclass(hint, StrEnum):
        return serializers.ChoiceField([*hint], **options)
    return _SIMPLE[hint](**options)
