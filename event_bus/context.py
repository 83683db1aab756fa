"""Who is at work here and now, and on which request: kept with every event, and said in every log line."""

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

LONGEST_ID = 64
"""Characters of a correlation id and of an actor, as the log stores them."""

_SANE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:/+=-]{{0,{LONGEST_ID - 1}}}")


@dataclass(frozen=True)
class Context:
    """`correlation_id`: the same for all that comes of one request, command or task.

    `find_actor` is asked as late as possible, since who signed in is known only once somebody checked:
    the id of a user, "command NAME" or "task NAME"; never a name or an address of a person.
    """

    correlation_id: str | None = None
    find_actor: Callable[[], str | None] = lambda: None

    @property
    def actor(self) -> str | None:
        actor = self.find_actor()
        return actor and actor[:LONGEST_ID]


_NOBODY = Context()

_current = ContextVar("event_bus_context", default=_NOBODY)

current: Callable[[], Context] = _current.get


@contextmanager
def acting(actor: str | Callable[[], str | None], correlation_id: str | None = None) -> Iterator[Context]:
    """Everything inside is done by `actor`. Without a sane `correlation_id` it gets one of its own."""
    context = Context(
        correlation_id=correlation_id if is_sane(correlation_id) else new_correlation_id(),
        find_actor=actor if callable(actor) else lambda: actor,
    )
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)


def new_correlation_id() -> str:
    """Short, since millions of events carry one: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def is_sane(correlation_id: str | None) -> bool:
    """Whether an id that a stranger sent may stand in logs, headers and tables."""
    return bool(correlation_id and _SANE.fullmatch(correlation_id))
