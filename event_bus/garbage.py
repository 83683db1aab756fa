"""Python's search for reference cycles, made rare where millions of short-lived objects have none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARELY = (100_000, 50, 50)


def collect_rarely() -> None:
    """For a process from here on: what it has loaded is never looked through again, the rest seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*RARELY)


@contextmanager
def rare_garbage_collection(alive: int = RARELY[0]) -> Iterator[None]:
    """In bulk work the default would spend up to half of the time looking through what is alive anyway: about so many
    objects. The more, the longer stays what is garbage."""
    usual = gc.get_threshold()
    gc.set_threshold(alive, *RARELY[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)
