"""manage.py announce: the present state of products, users or orders, told to every subscription."""

from argparse import ArgumentTypeError
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from event_bus.garbage import rare_garbage_collection
from event_bus.outbox.announcing import announce
from event_bus.outbox.sources import source_of

INTERRUPTED = 130
"""Exit code, as a shell gives it to what Ctrl-C ended."""


def a_time(text: str) -> datetime:
    """A date or a time in ISO 8601, in UTC unless it says otherwise."""
    try:
        day = parse_date(text)
        time = datetime(day.year, day.month, day.day) if day else parse_datetime(text)
    except ValueError:  # such as February 30
        time = None
    if time is None:
        raise ArgumentTypeError(f"{text!r} is no time: write 2026-01-31 or 2026-01-31T12:00")
    return time if timezone.is_aware(time) else timezone.make_aware(time)


class Command(BaseCommand):
    help = "Tells every subscription the present state of these rows, with the versions they have."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("topic", choices=list(settings.EVENT_BUS["SOURCES"]))
        parser.add_argument("--ids", type=UUID, nargs="+", action="extend", metavar="ID", help="only these")
        parser.add_argument(
            "--since", type=a_time, metavar="TIME", help="only those made, or brought to an end, since then"
        )
        parser.add_argument("--after", type=UUID, metavar="ID", help="go on behind this id")
        parser.add_argument(
            "--rate", type=float, default=1_000, help="events a second; 0: as fast as it goes (default: 1000)"
        )
        parser.add_argument("--batch", type=int, default=500, help="rows a transaction (default: 500)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rate"] < 0 or not 1 <= options["batch"] <= 5_000:
            raise CommandError("--rate must be 0 or more, --batch from 1 to 5000")
        topic, which = options["topic"], {name: options[name] for name in ("ids", "since", "after")}
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        events, last = 0, options["after"]
        unknown = source_of(topic).unknown(options["ids"] or [])
        bar = Progress(*columns, console=console, disable=not console.is_terminal)
        with bar, rare_garbage_collection():
            task = bar.add_task(f"Announcing {topic}", total=source_of(topic).select(**which).count())
            try:
                for told in announce(topic, batch=options["batch"], rate=options["rate"], **which):
                    events, last = events + told.events, told.last
                    bar.advance(task, told.events)
            except KeyboardInterrupt as interrupt:
                raise CommandError(
                    f"{events:,} {topic} announced, then interrupted. Nothing is lost; the rest: "
                    f"the same command{f' with --after {last}' if last else ''}",
                    returncode=INTERRUPTED,
                ) from interrupt
        self.stdout.write(f"{events:,} {topic} announced")
        if unknown:
            raise CommandError(
                f"no such {topic}, so nothing was said of them: {', '.join(map(str, unknown))}"
            )
