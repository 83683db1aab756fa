"""What waits as a dead letter once the rebuilt tables serve."""

from collections.abc import Sequence
from datetime import datetime

from django.db import router

from event_bus.inbox.models import DeadLetter
from event_bus.relations import parts_of

AT_ONCE = 1_000
"""Letters in one statement."""


def take_over(made: Sequence[DeadLetter], *, subscription: str, at: datetime) -> None:
    """`made` could not be applied to the rebuilt tables and waits from now on; what else waits was applied to them.

    Inside the transaction of the exchange. Messages that are no events stay as they are, and so does what was given up.
    """
    events = DeadLetter.objects.filter(subscription=subscription, position__isnull=False)
    waiting = events.waiting()
    places = ("topic", "partition", "position")
    known = {
        (topic, partition, position): pk
        for pk, topic, partition, position in waiting.values_list("pk", *places)
    }
    given_up = set(events.exclude(discarded_at=None).values_list(*places))
    dealt_with = known.keys() | given_up
    new = [letter for letter in made if letter.position is not None and _place(letter) not in dealt_with]
    still = {_place(letter) for letter in made}
    resolved = [pk for place, pk in known.items() if place not in still]
    for some in parts_of(resolved, AT_ONCE):
        waiting.filter(pk__in=some).update(resolved_at=at)
    for letter in new:
        letter.pk = None
    DeadLetter.objects.using(router.db_for_write(DeadLetter)).bulk_create(new)


def _place(letter: DeadLetter) -> tuple[str, int | None, int | None]:
    return letter.topic, letter.partition, letter.position
