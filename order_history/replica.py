"""Answers read from a streaming replica of the history's database, for as long as it answers.

All that one answer says comes from one database, how fresh it is included: a replica that is behind says so.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TypeVar

import structlog
from django.db import DatabaseError, InterfaceError, NotSupportedError, OperationalError, connections

logger = structlog.stdlib.get_logger(__name__)

HISTORY = "order_history"
REPLICA = "order_history_replica"
"""Its alias, where settings have one."""

REST = 5.0
"""Seconds that a replica that failed is left alone: nobody else waits for its answer meanwhile."""

_read_from_replica: ContextVar[bool] = ContextVar("reads go to the replica", default=False)

T = TypeVar("T")


def read(what: Callable[[], T]) -> T:
    """What `what` returns, which must read all that it needs before it does.

    If the replica fails, `what` is called again and reads the history's own database. If that fails while the replica
    is left alone, the replica is asked all the same: nobody else can answer.
    """
    if not _replica.is_in_use():
        try:
            return _read(what)
        except (OperationalError, InterfaceError):
            if REPLICA not in connections.settings:
                raise
        with _reading_from_replica():
            return what()
    try:
        with _reading_from_replica():
            return what()
    except (OperationalError, InterfaceError) as error:
        _replica.failed(error)
    return _read(what)


def _read(what: Callable[[], T]) -> T:
    """From the history's own database: once more if the connection turns out to be one that the server has closed.

    Django would ask it beforehand, at every request, whether it still stands.
    """
    connection = connections[HISTORY]
    connection.health_check_done = True  # type: ignore[attr-defined]
    try:
        return what()
    except (
        NotSupportedError
    ):  # a migration has changed the type of a column that a prepared statement returns
        if connection.in_atomic_block:
            raise
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.connection is None or connection.is_usable():
            raise
    connection.close()
    return what()


def is_read_from() -> bool:
    """Whether reads go to the replica now. The database router asks."""
    return _read_from_replica.get()


@contextmanager
def _reading_from_replica() -> Iterator[None]:
    token = _read_from_replica.set(True)
    try:
        yield
    finally:
        _read_from_replica.reset(token)


class Replica:
    """Whether it is worth asking: one in a process, for all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rests_until = 0.0

    def is_in_use(self) -> bool:
        """After a rest, one request tries it; the others go on without until that has gone well."""
        if REPLICA not in connections.settings:
            return False
        if not self._rests_until:
            return True
        with self._lock:
            if time.monotonic() < self._rests_until:
                return False
            self._rests_until = time.monotonic() + REST
        return self._answers()

    def failed(self, error: DatabaseError | InterfaceError) -> None:
        with self._lock:
            self._rests_until = time.monotonic() + REST
        logger.warning("the replica failed, the history's own database answers for %.0f s: %s", REST, error)
        _close()

    def _answers(self) -> bool:
        try:
            with connections[REPLICA].cursor() as cursor:
                cursor.execute("SELECT 1")
        except (OperationalError, InterfaceError):
            _close()
            return False
        self._rests_until = 0.0
        logger.info("the replica answers again")
        return True


def _close() -> None:
    """This thread's connection: the next one is a new one."""
    with suppress(DatabaseError, InterfaceError):
        connections[REPLICA].close()


_replica = Replica()
