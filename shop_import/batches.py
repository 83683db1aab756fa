"""How much goes into one transaction."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
BATCH = 1_000
BATCH_WEIGHT = 5_000  # so that orders of a hundred lines each do not make a transaction of 100,000 rows


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


@contextmanager
def rare_garbage_collection() -> Iterator[None]:
    """Millions of short-lived rows and no cycles among them: the default would spend a fifth of the time looking."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
