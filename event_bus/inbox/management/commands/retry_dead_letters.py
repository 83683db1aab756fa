"""manage.py retry_dead_letters: after a fix is deployed, what was put aside is applied."""

from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from event_bus.inbox.dead_letters import (
    PASSING,
    NotWaiting,
    RetryOutcome,
    in_batches,
    retry_dead_letters,
    select_waiting,
)


class Command(BaseCommand):
    help = "Applies dead letters again: all that wait now, or those that meet every condition given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--id", type=int, nargs="+", action="extend", metavar="N", help="these")
        parser.add_argument(
            "--error", metavar="TYPE", help="those with this type of error, such as ValueError"
        )
        parser.add_argument("--type", metavar="EVENT_TYPE", help="those of this type of event")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ids = select_waiting(ids=options["id"], error_type=options["error"], type=options["type"])
        except NotWaiting as error:
            raise CommandError(str(error)) from error
        if not ids:
            if options["error"] or options["type"]:
                raise CommandError("no such dead letter waits")
            self.stdout.write("There is nothing to retry: no dead letter waits.")
            return
        outcome = self._retry(ids)
        self.stdout.write(str(outcome))
        if gone := len(ids) - outcome.applied - outcome.failed_again:
            self.stdout.write(f"{gone:,} were retried or discarded by somebody else meanwhile")
        if outcome.failed_again:
            raise CommandError("What failed again still waits; manage.py dead_letters says why.")

    def _retry(self, ids: Sequence[int]) -> RetryOutcome:
        outcome = RetryOutcome()
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("Retrying", total=len(ids))
            for batch in in_batches(ids):
                try:
                    outcome += retry_dead_letters(batch, at=timezone.now())
                except PASSING as error:
                    raise CommandError(
                        f"{outcome}; then stopped: {error}. Try the rest again later."
                    ) from error
                bar.advance(task, len(batch))
        return outcome
