"""manage.py discard_dead_letters: giving events up, with a reason that stays beside them."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from event_bus.inbox.dead_letters import (
    DiscardWithoutReason,
    NotWaiting,
    discard_dead_letters,
    select_waiting,
)


class Command(BaseCommand):
    help = "Gives waiting dead letters up: they will never be applied, but stay to be read."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--id", type=int, nargs="+", action="extend", metavar="N", help="these")
        which.add_argument(
            "--error", metavar="TYPE", help="those with this type of error, such as ValueError"
        )
        parser.add_argument("--reason", required=True, help="why nobody will miss them")
        parser.add_argument(
            "--by", metavar="NAME", help="who decided that (default: the user of this system)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = options["by"] or _system_user()
        try:
            ids = select_waiting(ids=options["id"], error_type=options["error"])
            count = discard_dead_letters(ids, reason=options["reason"], by=by, at=timezone.now())
        except (NotWaiting, DiscardWithoutReason) as error:
            raise CommandError(str(error)) from error
        if not ids:
            raise CommandError(f"no dead letter with the error {options['error']} waits")
        self.stdout.write(f"{count:,} discarded by {by}")


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError) as error:  # a container may run under a number without a name
        raise CommandError("this system does not say who you are: use --by NAME") from error
