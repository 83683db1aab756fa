"""How the bus is, at a glance, in full, or as it changes."""

import json
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from rest_framework.utils.encoders import JSONEncoder
from rich.console import Console
from rich.live import Live

from event_bus.status import Status, bus_status
from event_bus.status.diagnosis import Level
from event_bus.status.table import picture_of

EVERY = 2.0
"""Seconds between two looks of --watch."""


class Command(BaseCommand):
    help = (
        "Says how the event bus is: one line in plain words, then everything behind it. "
        "The exit status is 0 if it is healthy, else 1."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        shown = parser.add_mutually_exclusive_group()
        shown.add_argument("--json", action="store_true", help="the same as GET /api/v1/event-bus/status/")
        shown.add_argument("--watch", action="store_true", help="look again every two seconds, until Ctrl-C")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["watch"]:
            self._watch()
            return
        status = bus_status(at=timezone.now())
        if options["json"]:
            self.stdout.write(json.dumps(status.as_dict(), cls=JSONEncoder))
        else:
            _console(self.stdout).print(picture_of(status))
        if status.diagnosis.level != Level.HEALTHY:
            raise SystemExit(1)

    def _watch(self) -> None:
        def look() -> Status:
            return bus_status(at=timezone.now())

        try:
            with Live(picture_of(look()), console=_console(self.stdout), auto_refresh=False) as live:
                while True:
                    time.sleep(EVERY)
                    live.update(picture_of(look()), refresh=True)
        except KeyboardInterrupt:
            return


def _console(stdout: Any) -> Console:
    return Console(file=stdout, highlight=False, width=None if stdout.isatty() else 120)
