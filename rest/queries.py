"""The query of a request, read like a body: every parameter that is not valid is named at once."""

from collections.abc import Callable
from copy import copy
from datetime import datetime
from functools import cache
from math import isnan
from typing import Any, Self

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

from rest.problems import InvalidParameter


class Query(serializers.Serializer):
    """Subclasses declare the parameters as fields."""

    asked: dict[str, Any]

    @classmethod
    def read(cls, request: Request) -> Self:
        """Raises InvalidParameter."""
        query = copy(cls._with_its_fields())
        try:
            query.asked = (
                query.run_validation(request.query_params) if request.query_params else dict(cls._defaults())
            )
        except serializers.ValidationError as error:
            raise InvalidParameter(error.detail) from error
        return query

    @classmethod
    @cache
    def _with_its_fields(cls) -> Self:
        """One for all requests: to copy the fields for each takes as long as to read a page."""
        query = cls()
        query.fields  # noqa: B018  (they are copied now)
        return query

    @classmethod
    @cache
    def _defaults(cls) -> dict[str, Any]:
        """What a query without parameters asks for, as most do."""
        defaults: dict[str, Any] = cls._with_its_fields().run_validation(QueryDict())
        return defaults


class TimeWithOffset(serializers.DateTimeField):
    """ISO 8601 with an offset: without one, nobody knows whose midnight is meant."""

    default_error_messages = {
        "no_offset": "Say the offset: 2026-01-31T00:00:00Z, or …%2B01:00 (a plain + is a space in an address)."
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("no_offset")
        return super().enforce_timezone(value)


class ParsedField(serializers.Field[Any, str, str, Any]):
    """A text of ours, handed back to us: `parse` reads it, or raises a ValueError that says what it should be."""

    def __init__(self, parse: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._parse = parse

    def to_internal_value(self, data: str) -> Any:
        try:
            return self._parse(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: Any) -> str:
        return str(value)


class Seconds(serializers.FloatField):
    def to_internal_value(self, data: Any) -> float:
        seconds: float = super().to_internal_value(data)
        if isnan(seconds):
            self.fail("invalid")
        return seconds
