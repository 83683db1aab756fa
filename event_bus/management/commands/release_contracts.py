"""Records what readers may rely on from now on, and refuses to break what they rely on already."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from event_bus.contracts.announced import announced_events
from event_bus.contracts.released import (
    broken_contracts,
    next_version,
    present_contract,
    release,
    released_contracts,
)
from event_bus.contracts.schemas import NoExample


class Command(BaseCommand):
    help = "Records the contract of every event. Ends with 1, and records nothing, if one breaks what was released."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="record nothing, only compare")

    def handle(self, *args: Any, **options: Any) -> None:
        released, events = released_contracts(), announced_events()
        broken = broken_contracts(events, released)
        if broken:
            raise CommandError("\n".join(_explained(type_, changes) for type_, changes in broken.items()))
        try:
            present = [present_contract(event_class, released) for event_class in events]
        except NoExample as error:
            raise CommandError(str(error)) from error
        changed = [contract for contract in present if contract != released.get(contract.type)]
        names = ", ".join(contract.type for contract in changed)
        if options["check"]:
            added = f"; not released yet: {names} (manage.py release_contracts)" if changed else ""
            self.stdout.write(f"{len(events)} events keep their contracts{added}")
            return
        release(changed)
        self.stdout.write(f"released: {names}" if changed else "nothing has changed")


def _explained(type_: str, changes: list[str]) -> str:
    listed = "\n".join(f"  - {change}" for change in changes)
    return f"{type_} breaks its contract (announce {next_version(type_)} beside it instead):\n{listed}"
