"""Reconciliation: one comparison of all that a subscription holds with its sources, and how far it has come."""

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from event_bus.digests import Span

MOST_SHOWN = 100
"""Rows that are named one by one; the others are counted."""


class Phase(models.TextChoices):
    """What is waited for."""

    DIGESTS = "digests", "digests of the source"
    LOOK = "look", "what differs, from the source"
    SETTLE = "settle", "everything applied that the source had announced when it looked"
    ANNOUNCE = "announce", "what differs, announced again"
    CONFIRM = "confirm", "everything applied that was announced again"
    DERIVED = "derived", "the check of derived rows"
    DONE = "done", "nothing"


class ReconciliationQuerySet(models.QuerySet["Reconciliation"]):
    def of(self, subscription: str) -> "ReconciliationQuerySet":
        return self.filter(subscription=subscription)

    def open(self) -> "ReconciliationQuerySet":
        return self.filter(finished_at=None)

    def complete(self) -> "ReconciliationQuerySet":
        """Those that came to their end."""
        return self.filter(finished_at__isnull=False, error="")


class Reconciliation(models.Model):
    """Goes on by messages, a chunk of ids at a time; a message that is lost is asked for again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    subscription = models.CharField(max_length=50)
    repair = models.BooleanField()
    begun_at = models.DateTimeField()
    moved_at = models.DateTimeField(help_text="When it last came on.")
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True, help_text="Why it was given up.")

    phase = models.CharField(max_length=10, choices=Phase, default=Phase.DIGESTS)
    step = models.UUIDField(
        default=uuid.uuid4, help_text="Stands in the question whose answer is waited for."
    )
    part = models.CharField(max_length=50, help_text="The topic, or the derived rows, being compared.")
    after = models.UUIDField(null=True, help_text="Compared up to this id.")
    up_to = models.UUIDField(null=True, help_text="End of the chunk at hand; null: the last one.")
    chunk = models.JSONField(default=dict, help_text="What was counted in the chunk at hand.")
    waiting = models.JSONField(default=dict, help_text="The answer that is not settled yet.")
    attempts = models.PositiveIntegerField(default=0)

    figures = models.JSONField(default=dict, help_text="What was counted, by part.")
    left = models.JSONField(default=list, help_text="Rows that still differ: [part, id].")

    objects = ReconciliationQuerySet.as_manager()

    class Meta:
        ordering = ["-begun_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(finished_at=None),
                name="a_subscription_is_reconciled_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription}, {self.begun_at:%Y-%m-%d %H:%M}"

    @property
    def span(self) -> Span:
        return Span(self.after, self.up_to)

    def total(self, figure: str) -> int:
        """Of rows, ranges, differing_ranges, drifted or repaired, over all parts."""
        return sum(part[figure] for part in self.figures.values())

    @property
    def drift_left(self) -> int:
        return self.total("drifted") - self.total("repaired")

    def report(self) -> dict[str, Any]:
        """What the command prints as JSON, and whoever shows the last run may show."""
        return {
            "subscription": self.subscription,
            "repair": self.repair,
            "begun_at": self.begun_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "error": self.error or None,
            "parts": self.figures,
            "drift_left": self.drift_left,
            "left": [{"part": part, "id": id} for part, id in self.left],
        }

    def count(self, **counted: int) -> None:
        figures = self.figures.setdefault(
            self.part, {"rows": 0, "ranges": 0, "differing_ranges": 0, "drifted": 0, "repaired": 0}
        )
        for name, number in counted.items():
            figures[name] += number

    def name_left(self, ids: list[uuid.UUID]) -> None:
        self.left += [[self.part, str(id)] for id in ids[: MOST_SHOWN - len(self.left)]]

    def enter(self, phase: Phase, at: datetime) -> None:
        self.phase, self.step, self.moved_at = phase, uuid.uuid4(), at

    def finish(self, at: datetime, error: str = "") -> None:
        self.enter(Phase.DONE, at)
        self.finished_at, self.error, self.waiting = at, error, {}
