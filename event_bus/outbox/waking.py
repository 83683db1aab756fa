"""A commit wakes the relay: never in the request, whatever the broker does."""

import logging
import os
import threading
import time
from functools import lru_cache
from typing import Any, cast
from uuid import UUID, uuid4

from celery import current_app
from kombu import Connection, Producer
from kombu.utils.json import dumps

from event_bus.messages import OUTBOX_QUEUE, RELAY
from event_bus.queues import broker_connection, send, waiting_in

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
        if connection.transport.driver_type == "redis":
            _push_unless_one_waits(connection)
        elif not waiting_in(OUTBOX_QUEUE, connection):
            send(RELAY, None, queue=OUTBOX_QUEUE, connection=connection)


# Celery makes message and client anew each time. This takes a sixth of that, and one round trip instead of two.
_PUSH_UNLESS_ONE_WAITS = """
if redis.call('LLEN', KEYS[1]) == 0 then redis.call('LPUSH', KEYS[1], ARGV[1]) end
"""


def _push_unless_one_waits(connection: Connection) -> None:
    client = cast(Any, connection.default_channel).client
    push = client.register_script(_PUSH_UNLESS_ONE_WAITS)
    push(keys=[OUTBOX_QUEUE], args=[_message().replace(_ANY_ID, str(uuid4()))])


_ANY_ID = str(UUID(int=0))


@lru_cache(maxsize=1)
def _message() -> str:
    """What Celery and kombu put into a queue of Redis: they write it into one in memory, once."""
    amqp = cast(Any, current_app.amqp)
    headers, properties, body, _ = amqp.create_task_message(
        _ANY_ID, RELAY, argsrepr="-", kwargsrepr="-", ignore_result=True
    )
    with Connection("memory://", transport_options={"body_encoding": "utf-8"}) as memory:
        channel = cast(Any, memory.default_channel)
        Producer(channel).publish(
            body, serializer="json", exchange="", routing_key=OUTBOX_QUEUE, headers=headers, **properties
        )
        message = channel.basic_get(OUTBOX_QUEUE, no_ack=True).serializable()
    message["body"] = message["body"].decode()
    message["properties"]["delivery_tag"] = _ANY_ID
    return str(dumps(message))


_waker = Waker()
wake_relay = _waker.wake
