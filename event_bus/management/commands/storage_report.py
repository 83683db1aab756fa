"""manage.py storage_report: what a row costs to store, and what many of them would."""

import json
from dataclasses import asdict
from itertools import groupby
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from event_bus.storage import FEWEST_ROWS, GIGABYTE, NoFigures, Stored, dollars_a_month, measure

CLAIM = "The lecture's claim: 100 million product records for 14 dollars a month (1,217 bytes each at 0.115)."


class Command(BaseCommand):
    help = "Prints bytes per row of every table and index, and what so many rows of each would cost a month."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=100_000_000, help="default: 100000000")
        parser.add_argument(
            "--price", type=float, default=0.115, help="dollars for a gigabyte and month (default: 0.115)"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, rows: int, price: float, **options: Any) -> None:
        if rows < 1 or price < 0:
            raise CommandError("--rows is 1 or more, --price not below 0")
        try:
            measured = measure()
        except NoFigures as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in measured], indent=2))
            return
        self._show(measured, rows=rows, price=price)

    def _show(self, measured: list[Stored], *, rows: int, price: float) -> None:
        table = Table("table and its indexes", "rows", "bytes a row", f"{rows:,} rows", "a month")
        for column in table.columns[1:]:
            column.justify = "right"
        too_small = 0
        for name, parts in groupby(measured, key=lambda one: one.table):
            stored = list(parts)
            if stored[0].bytes_per_row is None:
                too_small += 1
                continue
            for one in stored:
                table.add_row(f"  {one.index}" if one.index else name, *_figures([one], rows, price))
            table.add_row("  together", *_figures(stored, rows, price), style="bold", end_section=True)
        console = Console(file=cast(Any, self.stdout), highlight=False)
        console.print(table)
        if too_small:
            console.print(
                f"{too_small} tables with fewer than {FEWEST_ROWS:,} rows are left out: --json has them."
            )
        console.print(CLAIM)


def _figures(stored: list[Stored], rows: int, price: float) -> list[str]:
    a_row = sum(one.bytes_per_row or 0 for one in stored)
    return [
        f"{stored[0].rows:,}",
        f"{a_row:,.0f}",
        f"{a_row * rows / GIGABYTE:,.1f} GB",
        f"{dollars_a_month(a_row * rows, price=price):,.2f} $",
    ]
