"""For the health checks of a supervisor: whether a process of this machine gives signs of life."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from event_bus.messages import OUTBOX_QUEUE
from event_bus.signs_of_life import DEAD_AFTER, signs_of, this_host
from event_bus.subscriptions import UnknownSubscription, get_subscription

LOOK_EVERY = 0.2
"""Seconds."""


class Command(BaseCommand):
    help = (
        "Says whether beat, the relay's worker or a subscription's worker of this machine is alive. The exit "
        "status is 1 if it is not. While its database is away that cannot be known, and the status is 0: an "
        "outage elsewhere is no reason to restart it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("process", nargs="+", help="beat, relay, or the name of a subscription")
        parser.add_argument(
            "--wait", type=float, default=0, metavar="SECONDS", help="for the first sign of life"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        until = time.monotonic() + options["wait"]
        for process in options["process"]:
            kind, queue = _sign_of(process)
            while True:
                try:
                    self._check(process, kind, queue)
                except CommandError:
                    if time.monotonic() > until:
                        raise
                    time.sleep(LOOK_EVERY)
                else:
                    break

    def _check(self, process: str, kind: str, queue: str) -> None:
        """Raises CommandError."""
        now = timezone.now()
        signs = signs_of(queue or OUTBOX_QUEUE).until(now).filter(kind=kind, queue=queue)
        try:
            sign = signs.filter(process__startswith=f"{this_host()}:").order_by("-seen_at").first()
        except (DatabaseError, InterfaceError) as error:
            self.stdout.write(f"not known, its database is away: {error}")
            return
        if sign is None:
            raise CommandError(f"{process} has never given a sign of life on this machine")
        silent = (now - sign.seen_at).total_seconds()
        words = f"{process} ({sign.process}): last sign of life {silent:.0f} s ago"
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
