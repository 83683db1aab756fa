"""manage.py fill_spare_tables: one of the parallel workers that `rebuild` starts."""

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router

from event_bus.archives import ArchiveDamaged
from event_bus.inbox.models import Checkpoint
from event_bus.rebuilding.filling import LogIncomplete
from event_bus.rebuilding.rebuild import Rebuild
from event_bus.rebuilding.spares import spare_beside
from event_bus.subscriptions import get_subscription


class Command(BaseCommand):
    help = "Fills a share of the spare tables from the log. `rebuild` starts it; it ends with its parent."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subscription")
        parser.add_argument("--worker", type=int, required=True, help="which one, from 0")
        parser.add_argument("--archive", type=Path)
        parser.add_argument("--of", type=int, required=True, help="how many there are")

    def handle(self, *args: Any, **options: Any) -> None:
        parent = os.getppid()
        with spare_beside(router.db_for_write(Checkpoint)) as spare:
            rebuild = Rebuild(get_subscription(options["subscription"]), spare)
            share = (options["worker"], options["of"])
            try:
                for _ in rebuild.fill(archive=options["archive"], share=share):
                    if os.getppid() != parent:
                        raise CommandError(
                            "whoever rebuilds is gone: the same command goes on where this ended"
                        )
            except (LogIncomplete, ArchiveDamaged) as error:
                raise CommandError(str(error)) from error
