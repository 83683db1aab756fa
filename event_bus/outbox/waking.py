"""A commit wakes the relay: never in the request, whatever the broker does."""

import logging
import os
import threading
import time

from event_bus.messages import OUTBOX_QUEUE, RELAY
from event_bus.queues import broker_connection, send_unless_one_waits

logger = logging.getLogger(__name__)

SPACING = 0.01
"""Seconds, at least, between two wake-ups of one process: sending one takes time of the interpreter, which whoever
writes at that moment waits for."""

PAUSE_AFTER_FAILURE = 5.0
"""Seconds. Beat's sweep sends what is committed meanwhile."""


class Waker:
    """A thread that sends one wake-up for all the commits since the last.

    A commit only sets a flag. A wake-up that still waits in the queue will see this commit too, so
    none is added to it: a burst of commits in many processes leaves about one wake-up a process.
    """

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._starting = threading.Lock()
        self._pid = 0

    def wake(self) -> None:
        self._wanted.set()
        if self._pid != os.getpid():
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._pid != os.getpid():  # a thread does not survive a fork
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="relay-waker", daemon=True).start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                send_wake_up()
                time.sleep(SPACING)
            except Exception as error:  # whatever the broker does wrong, the sweep follows
                logger.warning("the relay could not be woken, the next sweep sends what waits: %s", error)
                time.sleep(PAUSE_AFTER_FAILURE)


def send_wake_up() -> None:
    """Ask for a run of the relay, unless one that has not begun is asked for already."""
    with broker_connection() as connection:
        send_unless_one_waits(RELAY, queue=OUTBOX_QUEUE, connection=connection)


_waker = Waker()
wake_relay = _waker.wake
