"""manage.py show_history: one user's answer as a table."""

from typing import Any, TextIO, cast
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count
from rich import box
from rich.console import Console
from rich.table import Table

from order_history.api.serializers import as_json
from order_history.models import OrderedProduct
from order_history.paging import read_page


class Command(BaseCommand):
    help = "Shows the title and image of every product that a user has ordered, newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", type=UUID, help="default: whoever has ordered the most products")
        parser.add_argument("--limit", type=int, default=20, help="rows shown (default: 20)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 1:
            raise CommandError("--limit is at least 1")
        user_id = options["user"] or self._who_ordered_most()
        products = OrderedProduct.objects.of_user(user_id)
        if not products.exists():
            raise CommandError(f"the history knows of nothing that a user {user_id} has ordered")
        table = Table(
            title=f"Products that user {user_id} has ordered",
            title_justify="left",
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
        )
        table.add_column("title and image", overflow="fold")
        for heading in ("first\nordered", "last\nordered", "times", "pieces"):
            table.add_column(heading, justify="right")
        for row in read_page(user_id, size=options["limit"]).rows:
            table.add_row(
                f"{row.title or '(not heard of yet)'}\n{as_json(row)['image'] or '(no image)'}",
                f"{row.first_ordered_at:%Y-%m-%d}",
                f"{row.last_ordered_at:%Y-%m-%d}",
                str(row.times_ordered),
                str(row.quantity),
            )
        console = Console(file=cast(TextIO, self.stdout), width=None if self.stdout.isatty() else 100)
        console.print(table, highlight=False)
        if (total := products.count()) > options["limit"]:
            self.stdout.write(
                f"… and {total - options['limit']} more: manage.py show_history --limit {total}"
            )

    def _who_ordered_most(self) -> UUID:
        ranking = OrderedProduct.objects.values("user_id").annotate(products=Count("id"))
        first = ranking.order_by("-products", "user_id").first()
        if first is None:
            raise CommandError("the history is empty: nobody has ordered anything yet")
        user_id: UUID = first["user_id"]
        return user_id
