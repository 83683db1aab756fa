"""Which partition an event goes to."""

import zlib
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import router

from event_bus import canary
from event_bus.outbox.models import Partition
from event_bus.subscriptions import all_topics


class UnknownPartition(RuntimeError):
    """The topic's partitions do not stand in the database."""


def partition_id_of(topic: str, key: UUID) -> int:
    """Raises UnknownPartition if the topic is not in settings, or `migrate` has not made its partitions."""
    return partition_id(topic, zlib.crc32(key.bytes) % settings.EVENT_BUS["PARTITIONS"])


def partition_id(topic: str, number: int) -> int:
    """Raises UnknownPartition, as above."""
    if (topic, number) not in _ids_by_name():
        _ids_by_name.cache_clear()
    try:
        return _ids_by_name()[topic, number]
    except KeyError:
        raise UnknownPartition(
            f"partition {topic}/{number} does not exist: add {topic!r} to EVENT_BUS['TOPICS'] "
            "if it is new, then run: manage.py migrate"
        ) from None


def create_partitions(*, using: str, **_: Any) -> None:
    """Run after every `migrate`, outside of any announcing transaction, so that ids may be remembered."""
    if using != router.db_for_write(Partition):
        return
    Partition.objects.bulk_create(
        [
            Partition(topic=topic, number=number)
            for topic in all_topics()
            for number in range(settings.EVENT_BUS["PARTITIONS"])
        ]
        + [Partition(topic=canary.TOPIC, number=canary.PARTITION)],
        ignore_conflicts=True,
    )
    _ids_by_name.cache_clear()


@lru_cache(maxsize=1)
def _ids_by_name() -> dict[tuple[str, int], int]:
    return {
        (topic, number): id for topic, number, id in Partition.objects.values_list("topic", "number", "id")
    }
