"""manage.py trace_event: where is it? The way of an order, a product, a user or an event."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from event_bus.timeline.asking import NotUnderstood
from event_bus.timeline.story import State, Step, Timeline
from event_bus.timeline.telling import tell

MARKS = {State.DONE: "✓", State.UNKNOWN: "?", State.WAITING: "…", State.FAILED: "✗"}


class Command(BaseCommand):
    help = (
        "Tell what happened, when and where, to an order, a product, a user or an event, and what is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "of",
            metavar="ID",
            help="of an order, a product, a user (UUID), of an event (number), or topic/partition:position",
        )
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *, of: str, json: bool, **options: Any) -> None:
        try:
            timeline = tell(of, at=timezone.now())
        except NotUnderstood as error:
            raise CommandError(str(error)) from error
        if json:
            self.stdout.write(_as_json(timeline))
        else:
            self.stdout.write("\n".join(_lines(timeline)))


def _as_json(timeline: Timeline) -> str:
    return json.dumps(timeline.as_json(), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)


def _lines(timeline: Timeline) -> list[str]:
    lines = [f"{MARKS[timeline.state]} {timeline.headline} {timeline.why}"]
    for story in timeline.stories:
        place = f" · {story.place}" if story.place else ""
        lines += [
            "",
            f"{story.title} · {story.type or 'unknown type'} · event {story.event_id or '?'}{place}",
        ]
        lines += map(_line, story.steps)
        for way in story.ways:
            lines.append(f"  to {way.subscription}")
            lines += [f"  {_line(step)}" for step in way.steps]
    for holding in timeline.holdings:
        lines += ["", f"{holding.subscription} holds now: {holding.text} (version {holding.version})"]
    return [*lines, *([""] if timeline.notes else []), *timeline.notes]


def _line(step: Step) -> str:
    at = step.at.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if step.at else " " * 23
    return f"  {MARKS[step.state]} {at}  {step.name}: {step.text}".rstrip(": ")
