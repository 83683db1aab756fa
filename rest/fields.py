"""Fields of a body that take what the OpenAPI document says and nothing else: no number for a text, or the reverse."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


@extend_schema_field({"type": "string", "pattern": r"^[^\x00]*[^\s\x00][^\x00]*$"})
class Text(serializers.CharField):
    """Some text that is more than blanks, which are cut off at both ends."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "pattern": r"^[^\x00]+$"})
class Verbatim(Text):
    """A password or a token: every character counts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)


class WholeNumber(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)
