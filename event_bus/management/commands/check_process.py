"""For the health checks of a supervisor: whether a process of this machine gives signs of life."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from event_bus.messages import OUTBOX_QUEUE
from event_bus.signs_of_life import DEAD_AFTER, signs_of, this_host
from event_bus.subscriptions import UnknownSubscription, get_subscription


class Command(BaseCommand):
    help = (
        "Says whether beat, the relay's worker or a subscription's worker of this machine is alive. The exit "
        "status is 1 if it is not. While its database is away that cannot be known, and the status is 0: an "
        "outage elsewhere is no reason to restart it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("process", help="beat, relay, or the name of a subscription")

    def handle(self, *args: Any, **options: Any) -> None:
        kind, queue = _sign_of(options["process"])
        signs = signs_of(queue or OUTBOX_QUEUE).filter(kind=kind, queue=queue)
        try:
            sign = signs.filter(process__startswith=f"{this_host()}:").order_by("-seen_at").first()
        except (DatabaseError, InterfaceError) as error:
            self.stdout.write(f"not known, its database is away: {error}")
            return
        if sign is None:
            raise CommandError(f"{options['process']} has never given a sign of life on this machine")
        silent = (timezone.now() - sign.seen_at).total_seconds()
        words = f"{options['process']} ({sign.process}): last sign of life {silent:.0f} s ago"
        if silent > DEAD_AFTER:
            raise CommandError(words)
        self.stdout.write(words)


def _sign_of(process: str) -> tuple[str, str]:
    """Kind and queue. Raises CommandError."""
    if process == "beat":
        return "beat", ""
    if process == "relay":
        return "worker", OUTBOX_QUEUE
    try:
        return "worker", get_subscription(process).queue
    except UnknownSubscription as error:
        raise CommandError(f"{error}; or say beat or relay") from error
