"""manage.py export_history: the whole history as JSON lines."""

from typing import Any
from uuid import UUID

import orjson
from django.core.management.base import BaseCommand, CommandParser

from order_history.api.serializers import as_json
from order_history.lines import Row
from order_history.models import OrderedProduct

FIELDS = [f"product__{name}" if name in ("title", "image") else name for name in Row._fields]


class Command(BaseCommand):
    help = "Writes one JSON object a line: the API's fields, and user_id, for every user and product."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", type=UUID, help="only this user's products")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = OrderedProduct.objects.order_by("user_id", "-last_ordered_at", "product_id")
        if options["user"]:
            rows = rows.of_user(options["user"])
        for user_id, *values in rows.values_list("user_id", *FIELDS).iterator(chunk_size=2_000):
            line = orjson.dumps({"user_id": user_id, **as_json(Row(*values))}, option=orjson.OPT_UTC_Z)
            self.stdout.write(line.decode())
