"""Forgetting a person: what the announcing side holds about them beside the rows of `users`."""

from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from event_bus.archives import remove_from_archive
from event_bus.outbox.models import OutboxEvent
from event_bus.outbox.sources import Removed, source_of
from event_bus.relations import parts_of

AT_ONCE = 1_000
"""Subjects in one statement."""


def forget(user_id: UUID, *, has_acted_for_others: bool) -> list[Removed]:
    """Ask every announcing app to forget the user, and take the events about them out of the log.

    In the transaction of the erasure, and before it is announced (again): that event stays, and keeps the user away.
    A position without an event counts as sent. Done again, it removes what has come in since. What they did to
    their own goes with it; only for somebody who may have acted for others the whole log is read.
    """
    receipt: list[Removed] = []
    subjects: list[UUID] = [user_id]
    for topic in settings.EVENT_BUS["SOURCES"]:
        if forget_in := source_of(topic).forget:
            forgotten = forget_in(user_id)
            receipt += forgotten.removed
            subjects += forgotten.subjects
    events = sum(
        OutboxEvent.objects.filter(subject__in=some).delete()[0] for some in parts_of(subjects, AT_ONCE)
    )
    acts = 0
    if has_acted_for_others:
        acts = OutboxEvent.objects.filter(actor=str(user_id)).update(actor=None)
    return [*receipt, Removed("log", "events", events), Removed("log", "mentions as the actor", acts)]


def forget_in_archive(user_id: UUID, folder: Path) -> Removed:
    """Archives hold events as they were sent: those that name the user go. Raises ArchiveDamaged."""
    named = str(user_id)

    def is_about(event: dict[str, Any]) -> bool:
        return bool(event["data"].get("user_id") == named) and not event["data"].get("erased_at")

    return Removed(f"archive {folder}", "events", remove_from_archive(folder, is_about))
