"""The contract of the bus, for machines or for people."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from event_bus.contracts.asyncapi import document
from event_bus.contracts.heard import NoProjection
from event_bus.contracts.page import page
from event_bus.contracts.schemas import NoExample


class Command(BaseCommand):
    help = "Writes the AsyncAPI 3.0 document of all events, or the page of them for people."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=["json", "markdown"], default="json")
        parser.add_argument("--output", type=Path, help="the file to write; without it, the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = page() if options["format"] == "markdown" else _as_json()
        except (NoProjection, NoExample) as error:
            raise CommandError(str(error)) from error
        if options["output"] is None:
            self.stdout.write(text, ending="")
        else:
            options["output"].write_text(text)


def _as_json() -> str:
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"
