"""Asking a database or the broker without waiting for it longer than one wants to."""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import DatabaseError, InterfaceError, connections

from event_bus.queues import broker_errors

Answer = TypeVar("Answer", covariant=True)

MOST_AT_ONCE = 4
"""Threads that wait for one side: a side that hangs for an hour must not gather thousands."""

_waiting: dict[str, list["Inquiry"]] = defaultdict(list)


class NoAnswer(Exception):
    """It is away, hangs, or says that something is wrong with it."""


class Inquiry(threading.Thread, Generic[Answer]):
    """Asks in a thread with connections of its own; inside a transaction at once, since only that sees all of it."""

    def __init__(self, side: str, ask: Callable[[], Answer]) -> None:
        super().__init__(name=f"asks {side}", daemon=True)
        self._ask = ask
        self._answer: Answer | None = None
        self._error: Exception | None = None
        if _in_transaction():
            self._run_and_remember()
            return
        _waiting[side] = still = [one for one in _waiting[side] if one.is_alive()]
        if len(still) < MOST_AT_ONCE:
            still.append(self)
            self.start()
        else:
            self._error = NoAnswer("has left earlier questions unanswered")

    def run(self) -> None:
        try:
            self._run_and_remember()
        finally:
            connections.close_all()

    def answer(self, *, within: float) -> Answer:
        """Raises NoAnswer after so many seconds, or when there is none to be had."""
        if self.ident is not None:
            self.join(within)
            if self.is_alive():
                raise NoAnswer(f"no answer within {within:g} s")
        if isinstance(self._error, (NoAnswer, DatabaseError, InterfaceError, *broker_errors())):
            said = f"{type(self._error).__name__}: {self._error}"
            raise NoAnswer(said.splitlines()[0][:200]) from self._error
        if self._error:
            raise self._error
        return self._answer  # type: ignore[return-value]  # there is one where there is no error

    def _run_and_remember(self) -> None:
        try:
            self._answer = self._ask()
        except Exception as error:  # raised again for whoever waits for the answer
            self._error = error


def _in_transaction() -> bool:
    return any(connection.in_atomic_block for connection in connections.all(initialized_only=True))
