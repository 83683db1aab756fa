"""manage.py rebuild_order_history: the bus's `rebuild`, for this app's own subscription."""

from typing import Any

from django.core.management import BaseCommand, CommandParser, load_command_class

from order_history.apps import SUBSCRIPTION


class Command(BaseCommand):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._rebuild = load_command_class("event_bus", "rebuild")
        self._rebuild.stdout, self._rebuild.stderr = self.stdout, self.stderr
        self._rebuild.subscription = SUBSCRIPTION  # type: ignore[attr-defined]
        self.help = self._rebuild.help

    def add_arguments(self, parser: CommandParser) -> None:
        self._rebuild.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self._rebuild.stdout = self.stdout
        self._rebuild.handle(*args, **options)
