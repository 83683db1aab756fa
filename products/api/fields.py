"""A price as clients write it."""

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

PRICE = r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,4})?$"


@extend_schema_field({"type": "string", "format": "decimal", "pattern": PRICE, "examples": ["12.50"]})
class PriceField(serializers.Field[Decimal, Any, str, Any]):
    """A decimal in a string: a JSON number may have been rounded by whoever wrote it."""

    default_error_messages = {
        "invalid": 'A decimal in a string, such as "12.50", with at most 10 digits before and 4 behind the point.'
    }

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str) or not re.fullmatch(PRICE, data, re.ASCII):
            self.fail("invalid")
        return Decimal(data)

    def to_representation(self, value: Decimal) -> str:
        return str(value)
