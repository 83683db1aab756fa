"""The log of what was announced, and how far each subscription was sent it."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from event_bus.context import LONGEST_ID
from event_bus.journal import Entry, EntryQuerySet
from event_bus.outbox.payloads import PayloadField
from event_bus.signs_of_life import Sign, SignQuerySet


class Partition(models.Model):
    """One of the N lanes of a topic. Its head, moved by compare and set, is what makes numbering one at a time."""

    id = models.SmallAutoField(primary_key=True)
    topic = models.CharField(max_length=50)
    number = models.PositiveSmallIntegerField()
    head = models.BigIntegerField(default=0, help_text="The last position given out.")
    pruned = models.BigIntegerField(default=0, help_text="Up to here events have left the log.")

    class Meta:
        ordering = ["topic", "number"]
        constraints = [
            models.UniqueConstraint(fields=["topic", "number"], name="a_topic_has_each_partition_once"),
        ]

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"


class OutboxEvent(models.Model):
    """An event as it was stored beside the change. `position` is null until the relay numbers it.

    `partition` has no database constraint: its check would lock the partition's row for as long as
    each announcing transaction stays open.
    """

    partition = models.ForeignKey(
        Partition, on_delete=models.PROTECT, related_name="events", db_constraint=False, db_index=False
    )
    position = models.BigIntegerField(null=True, editable=False)
    type = models.CharField(max_length=100)
    subject = models.UUIDField(help_text="The aggregate whose state this is.")
    recorded_at = models.DateTimeField()
    data = PayloadField()

    # Null takes no room in a row, and there are millions of them.
    correlation_id = models.CharField(max_length=LONGEST_ID, null=True)  # noqa: DJ001
    actor = models.CharField(  # noqa: DJ001
        max_length=LONGEST_ID, null=True, help_text="The id of a user, or a command or task; never a name."
    )
    traceparent = models.CharField(max_length=55, null=True, help_text="W3C trace context.")  # noqa: DJ001

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partition", "position"], name="a_position_is_given_out_once"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(position=None), name="outbox_not_yet_numbered"),
            models.Index(fields=["subject"], name="events_of_a_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class CursorQuerySet(models.QuerySet["Cursor"]):
    def of(self, subscription: str) -> "CursorQuerySet":
        return self.filter(subscription=subscription).select_related("partition").order_by("partition_id")

    def behind_head(self) -> "CursorQuerySet":
        return self.filter(sent__lt=F("partition__head"))


class Cursor(models.Model):
    """How far the relay has sent a partition to a subscription."""

    subscription = models.CharField(max_length=50)
    partition = models.ForeignKey(Partition, on_delete=models.CASCADE, related_name="cursors")
    sent = models.BigIntegerField(default=0, help_text="The last position sent.")
    acknowledged = models.BigIntegerField(default=0, help_text="Up to here everything is applied.")

    objects = CursorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "partition"], name="a_subscription_has_one_cursor_per_partition"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription} ← {self.partition}"

    @property
    def pending(self) -> int:
        return self.partition.head - self.sent


class Dispatch(Entry):
    """The journal's half of the sender: a batch that was put into a subscription's queue."""

    sent_at = models.DateTimeField()
    again = models.BooleanField(help_text="Sent because the subscription asked for what it missed.")

    objects = EntryQuerySet["Dispatch"].as_manager()

    class Meta(Entry.Meta):
        ordering = ["id"]
        verbose_name_plural = "dispatches"
        indexes = [*Entry.Meta.indexes, models.Index(fields=["sent_at"], name="dispatch_by_time")]


class ChoreQuerySet(models.QuerySet["Chore"]):
    def take(self, name: str, *, every: timedelta, at: datetime, hold: timedelta) -> bool:
        """Whether to go on with what was begun, or to begin since it is due; nobody else is told so for `hold`."""
        Chore.objects.bulk_create([Chore(name=name)], ignore_conflicts=True)
        free = self.filter(Q(held_until=None) | Q(held_until__lte=at), name=name)
        under_way = free.filter(begun_at__isnull=False, finished_at=None)
        due = free.filter(Q(begun_at=None) | Q(begun_at__lte=at - every, finished_at__isnull=False))
        held_until = at + hold
        return bool(
            under_way.update(held_until=held_until)
            or due.update(begun_at=at, finished_at=None, held_until=held_until)
        )

    def put_down(self, name: str, *, finished_at: datetime | None) -> None:
        self.filter(name=name).update(held_until=None, finished_at=finished_at)


class Chore(models.Model):
    """Something that is done from time to time, a little at each turn, and by one process at a time."""

    name = models.CharField(max_length=50, primary_key=True)
    begun_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True, help_text="Till then whoever does it is taken to be alive.")

    objects = ChoreQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class SignOfLife(Sign):
    """Beat, the relay and its worker."""

    objects = SignQuerySet["SignOfLife"].as_manager()

    class Meta(Sign.Meta):
        pass
