"""The journal of deliveries: what outbox and inbox each write down of a message, a row per batch, never per event."""

from typing import Self, TypeVar

from django.db import models

AnEntry = TypeVar("AnEntry", bound="Entry", covariant=True)

LONGEST_BATCH = 10_000
"""Positions. What a lookup by position relies on; EVENT_BUS["BATCH_EVENTS"] stays far below."""


class EntryQuerySet(models.QuerySet[AnEntry]):
    def of_position(self, topic: str, partition: int, position: int) -> Self:
        """The entries whose batch holds this position."""
        return self.filter(
            topic=topic,
            partition=partition,
            first__range=(position - LONGEST_BATCH, position),
            last__gte=position,
        )


class Entry(models.Model):
    """One batch of one message to one subscription."""

    message = models.UUIDField(null=True, help_text="Unknown for messages of releases without a journal.")
    subscription = models.CharField(max_length=50)
    topic = models.CharField(max_length=50)
    partition = models.PositiveSmallIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["topic", "partition", "first"], name="%(class)s_of_position")]

    def __str__(self) -> str:
        return f"{self.subscription} {self.topic}/{self.partition}:{self.first}…{self.last}"


AT_ONCE = 1_000
"""Rows deleted in one transaction, so that nobody waits for its locks."""


def delete_oldest(entries: "models.QuerySet[Entry]") -> int:
    """Delete these entries, in small transactions. Returns how many."""
    deleted = 0
    while ids := list(entries.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        deleted += entries.model._default_manager.filter(pk__in=ids).delete()[0]
    return deleted
