"""manage.py reconcile: whether what a subscription holds is what its sources have."""

import json
import time
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich import box
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from event_bus.inbox import asking
from event_bus.inbox.models import Reconciliation
from event_bus.messages import OUTBOX_QUEUE
from event_bus.queues import broker_connection, broker_errors, waiting_in
from event_bus.subscriptions import UnknownSubscription, all_subscriptions

DRIFT_LEFT = 3
"""Exit code."""

LOOK_EVERY = 0.2
"""Seconds."""


class Command(BaseCommand):
    help = (
        "Compares all that a subscription holds with its sources, and derived rows with what they are made from. "
        "Exits with 0 if nothing differs or all was repaired, with 3 if drift is left."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        names = [subscription.name for subscription in all_subscriptions()]
        parser.add_argument("--subscription", default=names[0] if names else None, metavar="NAME")
        parser.add_argument("--repair", action="store_true", help="have rows that differ announced again")
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument(
            "--timeout",
            type=float,
            default=60,
            help="give up after so many seconds without any progress (60)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["timeout"] <= 0:
            raise CommandError("--timeout must be more than 0 seconds")
        try:
            with broker_connection() as connection:
                waiting_in(OUTBOX_QUEUE, connection)
        except broker_errors() as error:
            raise CommandError(f"the broker does not answer, so no source can be asked: {error}") from error
        try:
            run = asking.begin(options["subscription"], repair=options["repair"])
        except UnknownSubscription as error:
            raise CommandError(str(error)) from error
        if run.repair != options["repair"]:
            self.stderr.write("Another run is under way, and is waited for.")
        self._wait(run, options["timeout"])
        if options["json"]:
            self.stdout.write(json.dumps(run.report(), indent=2))
        else:
            self._print(run)
        if run.error:
            raise CommandError(run.error)
        if run.drift_left:
            raise CommandError(
                f"rows that differ: {run.drift_left:,}"
                + ("" if run.repair else "; manage.py reconcile --repair has them announced again"),
                returncode=DRIFT_LEFT,
            )

    def _wait(self, run: Reconciliation, timeout: float) -> None:
        console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        came_on, moved_at = run.moved_at, time.monotonic()
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("Comparing", total=None)
            while run.finished_at is None:
                if run.moved_at != came_on:
                    came_on, moved_at = run.moved_at, time.monotonic()
                elif time.monotonic() - moved_at > timeout:
                    raise CommandError(
                        f"nothing has moved for {timeout:g} s while waiting for {run.get_phase_display()} "
                        f"({run.part}). Do workers and beat run?"
                    )
                bar.update(task, description=f"Comparing {run.part}: {run.total('rows'):,} rows")
                time.sleep(LOOK_EVERY)
                run.refresh_from_db()

    def _print(self, run: Reconciliation) -> None:
        table = Table(title=f"{run.subscription} and its sources", title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("")
        for heading in ("rows", "ranges", "that differed", "rows that differed", "repaired"):
            table.add_column(heading, justify="right")
        for part, figures in run.figures.items():
            table.add_row(
                part,
                *(
                    f"{figures[name]:,}"
                    for name in ("rows", "ranges", "differing_ranges", "drifted", "repaired")
                ),
            )
        console = Console(file=cast(TextIO, self.stdout), width=None if self.stdout.isatty() else 100)
        console.print(table, highlight=False)
        for part, id in run.left:
            self.stdout.write(f"{part} {id} differs")
        if not run.error and not run.drift_left:
            self.stdout.write(
                "All that differed was repaired." if run.total("drifted") else "Nothing differs."
            )
