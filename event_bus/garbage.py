"""Python's search for reference cycles, made rare where millions of short-lived objects have none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (100_000, 50, 50)
IN_BULK = (1_000_000, 50, 50)
"""More than a batch of thousands is alive at once: a search in the midst of it would find nothing."""


def collect_rarely() -> None:
    """For a process from here on: what it has loaded is never looked through again, the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)


@contextmanager
def rare_garbage_collection() -> Iterator[None]:
    """In bulk work the default would spend up to half of the time looking through what is alive anyway."""
    usual = gc.get_threshold()
    gc.set_threshold(*IN_BULK)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
