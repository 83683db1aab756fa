"""manage.py erase_user: forgets a person everywhere, and says what was removed where."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from event_bus.archives import ArchiveDamaged
from event_bus.outbox.forgetting import forget_in_archive
from event_bus.outbox.sources import Removed
from users import operations
from users.models import User


class Command(BaseCommand):
    help = (
        "Erases a user, and prints a receipt. For one who is erased already it removes what has come in since, "
        "and has every subscription told once more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user_id", type=UUID, help="whose: it is all that is left afterwards")
        parser.add_argument(
            "--archive",
            type=Path,
            action="append",
            default=[],
            metavar="DIR",
            help="clean this folder of `prune_events --archive` too; may be given several times",
        )
        parser.add_argument("--json", action="store_true", help="print the receipt as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        user_id = options["user_id"]
        if missing := [str(folder) for folder in options["archive"] if not folder.is_dir()]:
            raise CommandError(f"nobody was erased: {', '.join(missing)} is no folder")
        try:
            receipt = list(operations.forget_user(user_id=user_id, at=timezone.now()))
        except User.DoesNotExist as error:
            raise CommandError(f"there is no user {user_id}") from error
        failed: list[str] = []
        for folder in options["archive"]:
            try:
                receipt.append(forget_in_archive(user_id, folder))
            except (ArchiveDamaged, OSError) as error:
                failed.append(f"{folder}: {error}")
        self._print(user_id, receipt, as_json=options["json"])
        if failed:
            raise CommandError(f"erased, but not from all of the archive: {'; '.join(failed)}")

    def _print(self, user_id: UUID, receipt: list[Removed], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(
                json.dumps({"user_id": str(user_id), "removed": [asdict(one) for one in receipt]})
            )
            return
        self.stdout.write(f"User {user_id} is forgotten. Removed:")
        for one in receipt:
            self.stdout.write(_line(one))
        self.stdout.write(
            "Every subscription has been told to remove what it holds: order lines, ordered products and dead letters."
        )


def _line(one: Removed) -> str:
    return f"  {one.where}: {one.count:,} {one.what}"
