"""manage.py wait_until_caught_up: returns once every subscription has applied everything."""

import json
import time
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from event_bus.progress import NoOutboxHere, Progress, progress

LOOK_EVERY = 0.2
"""Seconds."""


class Command(BaseCommand):
    help = "Waits until every subscription has applied every event that is announced."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--timeout", type=float, default=120, help="give up after so many seconds without any progress"
        )
        parser.add_argument("--json", action="store_true", help="print the figures reached as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        try:
            with ProgressBar(*columns, console=console, disable=not console.is_terminal) as bar:
                reached = self._wait(bar, options["timeout"])
        except NoOutboxHere as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps([asdict(one) for one in reached]))

    def _wait(self, bar: ProgressBar, timeout: float) -> list[Progress]:
        tasks = {one.subscription: bar.add_task(one.subscription) for one in progress()}
        before, moved_at = progress(), time.monotonic()
        while not all(one.caught_up for one in before):
            now = progress()
            if now != before:
                before, moved_at = now, time.monotonic()
            elif time.monotonic() - moved_at > timeout:
                raise CommandError(
                    f"nothing has moved for {timeout:g} s: {_behind(now)}. Is a worker running?"
                )
            for one in now:
                bar.update(tasks[one.subscription], completed=one.applied, total=one.announced)
            time.sleep(LOOK_EVERY)
        return before


def _behind(figures: list[Progress]) -> str:
    return ", ".join(
        f"{one.subscription} has applied {one.applied:,} of {one.announced:,} events"
        for one in figures
        if not one.caught_up
    )
