"""manage.py dead_letters: what could not be applied, and why."""

import json
from dataclasses import asdict
from itertools import islice
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.forms import model_to_dict
from rich.console import Console
from rich.table import Table
from rich.text import Text

from event_bus.inbox.dead_letter_groups import DeadLetterGroup, group_by_error
from event_bus.inbox.models import DeadLetter

GROUPS_SHOWN = 50


class Command(BaseCommand):
    help = "Shows the events that were put aside and wait, grouped by what went wrong; or one of them, whole."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--id", type=int, metavar="N", help="show this one whole, waiting or not")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["id"] is not None:
            self._show(_get(options["id"]), as_json=options["json"])
            return
        groups = group_by_error(DeadLetter.objects.waiting())
        if options["json"]:
            self._write_json([asdict(group) for group in groups])
            return
        shown = list(islice(groups, GROUPS_SHOWN))
        if not shown:
            self.stdout.write("No dead letter waits.")
            return
        self._print(_table_of(shown))
        if more := sum(1 for _ in groups):
            self.stdout.write(f"… and {more:,} smaller groups (--json has them all)")

    def _show(self, letter: DeadLetter, *, as_json: bool) -> None:
        if as_json:
            self._write_json(model_to_dict(letter))
            return
        facts = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
        for name, value in _facts_of(letter):
            facts.add_row(Text(name, style="dim"), Text(value))
        self._print(facts)
        self.stdout.write(
            "\nThe event as it arrived:\n" + json.dumps(letter.content, indent=2, ensure_ascii=False)
        )
        self.stdout.write(f"\n{letter.traceback or letter.error}")

    def _write_json(self, value: Any) -> None:
        self.stdout.write(json.dumps(value, cls=DjangoJSONEncoder, indent=2))

    def _print(self, table: Table) -> None:
        Console(file=cast(TextIO, self.stdout), width=None if self.stdout.isatty() else 160).print(table)


def _get(id: int) -> DeadLetter:
    try:
        return DeadLetter.objects.get(id=id)
    except DeadLetter.DoesNotExist as error:
        raise CommandError(f"there is no dead letter {id}") from error


def _table_of(groups: list[DeadLetterGroup]) -> Table:
    table = Table(title="Dead letters that wait", title_justify="left")
    table.add_column("count", justify="right")
    for heading in ("error", "message", "event"):
        table.add_column(heading, overflow="fold")
    for heading in ("oldest", "newest"):
        table.add_column(heading, no_wrap=True)
    for group in groups:
        table.add_row(
            f"{group.count:,}",
            Text(group.error_type),
            Text(" ".join(group.error.split())),
            Text(group.type or "(a message)"),
            f"{group.oldest:%Y-%m-%d %H:%M:%S}",
            f"{group.newest:%Y-%m-%d %H:%M:%S}",
        )
    return table


def _facts_of(letter: DeadLetter) -> list[tuple[str, str]]:
    place = "none: a whole message" if letter.partition is None else f"{letter.topic}/{letter.partition}"
    facts = [
        ("dead letter", str(letter.id)),
        ("subscription", letter.subscription or "(not said)"),
        ("event", f"{letter.type or '(not said)'} {letter.subject}"),
        ("partition", f"{place}, position {letter.position}" if letter.position else place),
        ("error", f"{letter.error_type}: {letter.error}"),
        ("attempts", str(letter.attempts)),
        ("failed first", letter.first_failed_at.isoformat()),
        ("failed last", letter.last_failed_at.isoformat()),
    ]
    if letter.resolved_at:
        facts.append(("applied by a retry", letter.resolved_at.isoformat()))
    if letter.discarded_at:
        facts.append(("discarded", f"{letter.discarded_at.isoformat()} by {letter.discarded_by}"))
        facts.append(("because", letter.discard_reason))
    return facts
