"""manage.py fill_spare_tables: one of the parallel workers that `rebuild` starts."""

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router

from event_bus.archives import ArchiveDamaged
from event_bus.inbox.models import Checkpoint
from event_bus.inbox.projections import projection_of
from event_bus.rebuilding.filling import LogIncomplete
from event_bus.rebuilding.rebuild import Rebuild
from event_bus.rebuilding.spares import spare_beside
from event_bus.subscriptions import get_subscription

NO_LOG = 4
"""Exit code: what is needed was pruned, or its archive is damaged."""


class Command(BaseCommand):
    help = (
        "Fills a share of the spare tables from the log. `rebuild` starts it and says on standard input when; "
        "it ends with its parent."
    )
    requires_system_checks = ()  # `rebuild` has made them, and they take longer than ten thousand events

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subscription")
        parser.add_argument("--worker", type=int, required=True, help="which one, from 0")
        parser.add_argument("--archive", type=Path)
        parser.add_argument("--of", type=int, required=True, help="how many there are")
        parser.add_argument("--parent", type=int, required=True, help="the process that it ends with")

    def handle(self, *args: Any, **options: Any) -> None:
        with spare_beside(router.db_for_write(Checkpoint)) as spare:
            rebuild = Rebuild(get_subscription(options["subscription"]), spare)
            share = (options["worker"], options["of"])
            projection_of(rebuild.subscription.name)  # so that it is imported
            if not sys.stdin.readline():
                return  # there will be nothing to fill
            try:
                for _ in rebuild.fill(archive=options["archive"], share=share):
                    if os.getppid() != options["parent"]:
                        raise CommandError(
                            "whoever rebuilds is gone: the same command goes on where this ended"
                        )
            except (LogIncomplete, ArchiveDamaged) as error:
                raise CommandError(str(error), returncode=NO_LOG) from error
