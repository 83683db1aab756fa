"""The wiring at a glance."""

import json
from argparse import ArgumentParser
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.table import Table

from event_bus.contracts.heard import Heard, NoProjection, heard_events


class Command(BaseCommand):
    help = "Prints who listens to what: topic, subscription, event, handler, queue."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            heard = sorted(heard_events(), key=lambda one: one.topic)
        except NoProjection as error:
            raise CommandError(str(error)) from error
        rows = [_row(one) for one in heard]
        if options["json"]:
            self.stdout.write(json.dumps(rows, indent=2))
            return
        console = Console(file=cast(IO[str], self.stdout), width=None if self.stdout.isatty() else 160)
        console.print(_table(rows))


def _row(heard: Heard) -> dict[str, str]:
    return {
        "topic": heard.topic,
        "subscription": heard.subscription.name,
        "event": heard.type,
        "handler": heard.handler,
        "queue": heard.subscription.queue,
    }


def _table(rows: list[dict[str, str]]) -> Table:
    table = Table("topic", "subscription", "event", "handler", "queue", box=None, header_style="bold")
    before: dict[str, str] = {}
    for row in rows:
        repeated = {name for name in ("topic", "subscription") if before.get(name) == row[name]}
        table.add_row(*("" if name in repeated else value for name, value in row.items()))
        before = row
    return table
