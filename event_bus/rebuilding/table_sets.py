"""Which set of a subscription's tables is worked on: the one that serves, or the spare one beside it.

The database router asks here, so that handlers, checkpoints and dead letters go to the spare set without
knowing of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_worked_on: ContextVar[str] = ContextVar("spare tables are worked on beside", default="")


def spare_of(alias: str) -> str:
    """The alias of the spare set that stands beside this database's tables."""
    return f"{alias}_spare"


def current(alias: str) -> str:
    """The alias to use now where `alias` is meant."""
    return spare_of(alias) if _worked_on.get() == alias else alias


def is_on_spare_tables() -> bool:
    return bool(_worked_on.get())


@contextmanager
def on_spare_tables(alias: str) -> Iterator[None]:
    token = _worked_on.set(alias)
    try:
        yield
    finally:
        _worked_on.reset(token)
