"""How far each subscription has applied each partition, and what it could not apply."""

from datetime import datetime, timedelta

from django.db import connections, models, router
from django.db.models import Q

from event_bus.inbox import ranges
from event_bus.inbox.reconciliations import Reconciliation as Reconciliation
from event_bus.journal import Entry, EntryQuerySet
from event_bus.messages import Run, Watermark
from event_bus.row_statements import for_update, update_all
from event_bus.signs_of_life import Sign, SignQuerySet

LONGEST_PATIENCE = timedelta(seconds=15)
"""However often a gap was asked for in vain, it is asked for again after this time."""

RUNS_ASKED_AT_ONCE = 100

ASKS_IN_VAIN = 3
"""Then what is missing is asked for in small parts: it may hold an event that ends whoever applies it."""


class CheckpointQuerySet(models.QuerySet["Checkpoint"]):
    def of(self, subscription: str) -> "CheckpointQuerySet":
        return self.filter(subscription=subscription)

    def lock(self, subscription: str, partitions: set[tuple[str, int]]) -> list["Checkpoint"]:
        """The locked checkpoints of these partitions, made where there were none. Inside a transaction."""
        found = self._locked(subscription, partitions) if partitions else []
        if len(found) < len(partitions):
            Checkpoint.objects.bulk_create(
                [
                    Checkpoint(subscription=subscription, topic=topic, partition=number)
                    for topic, number in sorted(partitions)
                ],
                ignore_conflicts=True,
            )
            found = self._locked(subscription, partitions)
        return found

    def _locked(self, subscription: str, partitions: set[tuple[str, int]]) -> list["Checkpoint"]:
        connection = connections[router.db_for_write(Checkpoint)]
        columns = ", ".join(str(field.column) for field in Checkpoint._meta.concrete_fields)
        named = " OR ".join(["topic = %s AND partition = %s"] * len(partitions))
        statement = (
            f"SELECT {columns} FROM inbox_checkpoint WHERE subscription = %s AND ({named}) "  # noqa: S608
            f"ORDER BY topic, partition {for_update(connection)}"
        )
        values = [value for partition in sorted(partitions) for value in partition]
        return list(self.using(connection.alias).raw(statement, [subscription, *values]))

    def save_all(self, checkpoints: list["Checkpoint"]) -> None:
        """Those that `lock` has returned."""
        update_all(checkpoints, using=router.db_for_write(Checkpoint))


class Checkpoint(models.Model):
    """Which positions of one partition a subscription has applied or put aside."""

    subscription = models.CharField(max_length=50)
    topic = models.CharField(max_length=50)
    partition = models.PositiveSmallIntegerField()
    applied = models.JSONField(default=list, help_text="Ranges of positions; normally a single one.")

    head = models.BigIntegerField(default=0, help_text="The last position that is known to exist…")
    head_as_of = models.DateTimeField(null=True, help_text="…and when that was so.")
    complete_as_of = models.DateTimeField(null=True, help_text="Whatever committed before is applied.")
    heard_at = models.DateTimeField(null=True, help_text="When the last watermark arrived.")

    gap_position = models.BigIntegerField(null=True, help_text="The first position that is missing.")
    gap_noticed_at = models.DateTimeField(null=True)
    gap_asked_at = models.DateTimeField(null=True)
    gap_asks = models.PositiveIntegerField(default=0)

    objects = CheckpointQuerySet.as_manager()

    class Meta:
        ordering = ["subscription", "topic", "partition"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "topic", "partition"],
                name="a_subscription_has_one_checkpoint_per_partition",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription}: {self.topic}/{self.partition} up to {self.applied_up_to}"

    @property
    def applied_up_to(self) -> int:
        """The last position below which none is missing."""
        return ranges.without_holes_up_to(self.applied)

    def has_applied(self, position: int) -> bool:
        return ranges.contain(self.applied, position)

    def has_none_of(self, first: int, last: int) -> bool:
        """Of the positions first…last."""
        return ranges.are_apart(self.applied, first, last)

    def remember(self, first: int, last: int) -> None:
        self.applied = ranges.add(self.applied, first, last)
        self._note_completeness()

    def hear(self, watermark: Watermark, *, at: datetime) -> None:
        self.heard_at = at
        self.head = max(self.head, watermark.head)
        if watermark.as_of:
            # A relay's clock may be ahead, and this machine's have been until now; what is known is not.
            self.head_as_of = min(max(self.head_as_of or watermark.as_of, watermark.as_of), at)
        self._note_completeness()

    def ask_for_gaps(self, *, sent: int, at: datetime, patience: timedelta) -> list[Run]:
        """What is to be asked for again, now: positions up to `sent` that have stayed missing for `patience`.

        The queue delivers in order, so what was sent before a watermark and is not here when it arrives
        is in another worker's hands, or lost.
        """
        gaps = [*ranges.missing(self.applied, sent)]
        if not gaps:
            self.gap_position = self.gap_noticed_at = self.gap_asked_at = None
            self.gap_asks = 0
            return []
        if gaps[0][0] != self.gap_position:
            self.gap_position, self.gap_noticed_at, self.gap_asked_at, self.gap_asks = gaps[0][0], at, None, 0
        assert self.gap_noticed_at is not None
        self.gap_noticed_at = min(
            self.gap_noticed_at, at
        )  # of a clock that was set back, nobody waits for the rest
        self.gap_asked_at = min(self.gap_asked_at, at) if self.gap_asked_at else None
        if at < self.asks_next_at(patience):
            return []
        self.gap_asked_at, self.gap_asks = at, self.gap_asks + 1
        if (
            self.gap_asks > ASKS_IN_VAIN
        ):  # each gap may hold an event that nobody survives: its neighbours get through
            parts = max(RUNS_ASKED_AT_ONCE // len(gaps), 2)
            gaps = [part for gap in gaps for part in ranges.in_parts(*gap, parts=parts)]
        return [
            Run(topic=self.topic, partition=self.partition, first=first, last=last)
            for first, last in gaps[:RUNS_ASKED_AT_ONCE]
        ]

    def asks_next_at(self, patience: timedelta) -> datetime:
        """When the gap that was noticed is due to be asked for; every ask in vain doubles the patience."""
        last = self.gap_asked_at or self.gap_noticed_at
        assert last is not None
        wait: timedelta = min(patience * 2 ** min(self.gap_asks, 10), LONGEST_PATIENCE)
        return last + wait

    def _note_completeness(self) -> None:
        if self.applied_up_to >= self.head:
            self.complete_as_of = self.head_as_of


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    def waiting(self) -> "DeadLetterQuerySet":
        return self.filter(resolved_at=None, discarded_at=None)


class DeadLetter(models.Model):
    """An event, or a message that holds none, put aside with the reason why it could not be applied."""

    subscription = models.CharField(max_length=50, blank=True)
    topic = models.CharField(max_length=50, blank=True)
    partition = models.PositiveSmallIntegerField(null=True)
    position = models.BigIntegerField(null=True)
    type = models.CharField(max_length=100, blank=True)
    subject = models.CharField(max_length=50, blank=True)
    content = models.JSONField(help_text="The event as it arrived.")

    error_type = models.CharField(max_length=200)
    error = models.TextField()
    traceback = models.TextField(blank=True)
    attempts = models.PositiveIntegerField(default=1)
    first_failed_at = models.DateTimeField()
    last_failed_at = models.DateTimeField()

    resolved_at = models.DateTimeField(null=True, help_text="When a retry applied it.")
    discarded_at = models.DateTimeField(null=True)
    discarded_by = models.CharField(max_length=200, blank=True)
    discard_reason = models.TextField(blank=True)

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        ordering = ["-last_failed_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(discarded_at=None) | ~Q(discard_reason=""), name="a_discard_has_a_reason"
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscription", "error_type"],
                condition=Q(resolved_at=None, discarded_at=None),
                name="dead_letters_waiting",
            ),
            models.Index(
                fields=["-last_failed_at", "-id"],
                condition=Q(resolved_at=None, discarded_at=None),
                name="dead_letters_waiting_newest",
            ),
            models.Index(fields=["-last_failed_at", "-id"], name="dead_letters_newest_first"),
            models.Index(fields=["subject"], name="dead_letters_by_subject"),
            models.Index(fields=["topic", "partition", "position"], name="dead_letters_of_a_position"),
        ]

    def __str__(self) -> str:
        return f"{self.type or 'malformed message'} at {self.topic}/{self.partition}:{self.position}"


class Delivery(Entry):
    """The journal's half of the receiver: a batch that was applied, with its checkpoint or not at all."""

    sent_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True, help_text="Of the newest event applied.")
    applied = models.PositiveIntegerField(help_text="Events.")
    already_there = models.PositiveIntegerField()
    dead_lettered = models.PositiveIntegerField()
    latencies = models.JSONField(help_text="Histogram of commit to applied (event_bus/latencies.py).")

    objects = EntryQuerySet["Delivery"].as_manager()

    class Meta(Entry.Meta):
        ordering = ["id"]
        verbose_name_plural = "deliveries"
        indexes = [*Entry.Meta.indexes, models.Index(fields=["applied_at"], name="delivery_by_time")]


class SignOfLife(Sign):
    """The workers of the subscriptions."""

    objects = SignQuerySet["SignOfLife"].as_manager()

    class Meta(Sign.Meta):
        pass
