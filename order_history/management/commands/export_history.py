"""manage.py export_history: the whole history as JSON lines."""

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from order_history.api.serializers import as_json
from order_history.models import OrderedProduct


class Command(BaseCommand):
    help = "Writes one JSON object a line: the API's fields, and user_id, for every user and product."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", type=UUID, help="only this user's products")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = OrderedProduct.objects.with_product().order_by("user_id", "-last_ordered_at", "product_id")
        if options["user"]:
            rows = rows.of_user(options["user"])
        for row in rows.iterator(chunk_size=2_000):
            self.stdout.write(json.dumps({"user_id": str(row.user_id), **as_json(row)}))
