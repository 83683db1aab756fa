"""Python's search for reference cycles, made rare where millions of short-lived objects have none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def rare_garbage_collection() -> Iterator[None]:
    """In bulk work the default would spend up to half of the time looking through what is alive anyway."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
