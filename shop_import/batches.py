"""How much goes into one transaction."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from django.db import connection

T = TypeVar("T")

BATCH = 1_000
BATCH_WEIGHT = 5_000  # so that orders of a hundred lines each do not make a transaction of 100,000 rows
PAUSE = 0.1
"""Seconds."""


def batches_of(
    items: Iterable[T], *, size: int = BATCH, weight: Callable[[T], int] = lambda item: 1
) -> Iterator[list[T]]:
    batch: list[T] = []
    total = 0
    for item in items:
        batch.append(item)
        total += weight(item)
        if len(batch) >= size or total >= BATCH_WEIGHT:
            yield batch
            batch, total = [], 0
    if batch:
        yield batch


def let_others_write() -> None:
    """SQLite does not hand its write lock on in turn: whoever waits for it looks about every tenth of a second.

    Without a pause, a relay that shares the database would send nothing before the last batch is in.
    """
    if connection.vendor == "sqlite":
        time.sleep(PAUSE)
