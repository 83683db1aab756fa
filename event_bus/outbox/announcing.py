"""Announcing what stands in the tables: to adopt the bus, to repair, to rebuild after the log was pruned."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from event_bus.outbox.sources import Announced, source_of


def announce(
    topic: str,
    *,
    ids: Sequence[UUID] | None = None,
    since: datetime | None = None,
    after: UUID | None = None,
    batch: int,
    rate: float,
) -> Iterator[Announced]:
    """Tell the topic's rows again, `batch` a transaction, at most `rate` events a second (0: no limit).

    What it has yielded is committed. Telling a row twice harms nobody, so it may be broken off anywhere and
    begun again, or continued `after` the last id. Raises UnknownTopic.
    """
    source = source_of(topic)
    began, events = time.monotonic(), 0
    while True:
        told = source.announce(source.select(after=after, ids=ids, since=since), limit=batch)
        if told.last is None:
            return
        yield told
        after, events = told.last, events + told.events
        if rate:
            time.sleep(max(0.0, began + events / rate - time.monotonic()))
