"""manage.py prune_events: old events leave the log once every subscription has applied them."""

import re
from argparse import ArgumentTypeError
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from event_bus.archives import ArchiveDamaged
from event_bus.outbox.pruning import holders, prune

STILL_NEEDED = 3
"""Exit code."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def an_age(text: str) -> timedelta:
    """90d, 12h, 30m or 10s."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no age: write 90d, 12h, 30m or 10s")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


class Command(BaseCommand):
    help = (
        "Removes events of this age that every subscription has applied, small batches at a time. "
        "Exits with 3 if some that are old enough had to stay, and says who needs them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than", type=an_age, required=True, metavar="AGE", help="such as 90d or 12h"
        )
        parser.add_argument(
            "--archive", type=Path, metavar="DIR", help="keep them there as compressed JSON lines"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        older_than = timezone.now() - options["older_than"]
        events = files = 0
        try:
            for pruned in prune(older_than, archive=options["archive"]):
                events, files = events + pruned.events, files + bool(pruned.archive)
        except (ArchiveDamaged, OSError) as error:
            raise CommandError(f"{events:,} events removed, then stopped: {error}") from error
        kept = f", kept in {files:,} files in {options['archive']}" if files else ""
        if events and not files:
            kept = " for good: no --archive was given"
        self.stdout.write(f"{events:,} events removed{kept}")
        if needed := holders(older_than):
            who = "\n".join(
                f"  {one.subscription} has not applied {one.events:,} of {one.partition}" for one in needed
            )
            raise CommandError(f"Others had to stay:\n{who}", returncode=STILL_NEEDED)
