"""What keeps a Celery worker honest: running in every worker's main process.

A worker on Redis can be alive and never consume again, and an entry that is no message kills it at every
start. So a worker that gets nothing while messages wait ends itself, for its supervisor to restart, and
each start first sets aside what it could not read. Nothing is lost by either: the outbox holds every event.
"""

import base64
import json
import logging
import os
import signal
import threading
import time
from typing import Any, cast

from billiard import active_children
from celery import current_app, signals
from celery.worker import state
from django.conf import settings
from django.core import checks
from django.db import close_old_connections, connections
from django.utils import timezone
from kombu import Connection

from event_bus.garbage import collect_rarely
from event_bus.inbox.dead_letters import put_aside
from event_bus.queues import broker_errors, waiting_in
from event_bus.signs_of_life import Pulse

logger = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds."""

ASK_CONNECTIONS_EVERY = 1.0
"""Seconds."""


class NotAMessage(ValueError):
    """Something stood in a queue that no Celery worker can read."""


class Watchdog(threading.Thread):
    """Ends the worker when messages wait and none has come through for FROZEN_AFTER seconds."""

    def __init__(self, queues: list[str]) -> None:
        super().__init__(name="watchdog", daemon=True)
        self._queues = queues
        self._moved_at = time.monotonic()

    def something_came_through(self, **_: Any) -> None:
        self._moved_at = time.monotonic()

    def run(self) -> None:
        while True:
            if _slept_too_long(LOOK_EVERY) or not self._is_anything_waiting():
                self._moved_at = time.monotonic()
            elif time.monotonic() - self._moved_at > _patience():
                logger.critical("messages wait in %s and none comes through: ending", ", ".join(self._queues))
                for pid in [child.pid for child in active_children() if child.pid]:
                    os.kill(pid, signal.SIGKILL)
                os._exit(1)

    def _is_anything_waiting(self) -> bool:
        """False while the broker is away: then it is not the worker that is frozen."""
        try:
            with current_app.connection_for_write() as connection:
                return any(waiting_in(queue, connection) for queue in self._queues)
        except broker_errors():
            return False


def _slept_too_long(seconds: float) -> bool:
    """Sleep. True if the whole process was halted meanwhile (SIGSTOP, a host that is paused): nothing could come."""
    began = time.monotonic()
    time.sleep(seconds)
    return time.monotonic() - began > 2 * seconds


def _patience() -> float:
    """Seconds. A worker at work is not frozen: what takes too long, Celery's own time limit ends."""
    at_work = bool(state.active_requests)
    return float(settings.EVENT_BUS["FROZEN_AFTER"]) + (settings.CELERY_TASK_TIME_LIMIT if at_work else 0)


@signals.celeryd_after_setup.connect
def prepare(instance: Any, **_: Any) -> None:
    """Before the first message: say which settings are known to freeze, set aside what cannot be read."""
    for warning in checks.run_checks(tags=["event_bus"], include_deployment_checks=True):
        logger.warning("%s %s", warning.msg, warning.hint or "")
    if instance.concurrency and instance.concurrency > 1:
        logger.warning("a worker with more than one child may exit or freeze after a broker outage: use -c 1")
    try:
        with current_app.connection_for_write() as connection:
            for queue in instance.app.amqp.queues.consume_from:
                set_aside_unreadable(queue, connection)
    except broker_errors() as error:
        logger.warning("the broker is away, the worker waits for it: %s", error)


@signals.worker_ready.connect
def watch(sender: Any, **_: Any) -> None:
    queues = [queue.name for queue in sender.task_consumer.queues]
    watchdog = Watchdog(queues)
    signals.task_received.connect(watchdog.something_came_through, weak=False)
    watchdog.start()
    for queue in queues:
        Pulse("worker", queue=queue).start()


@signals.worker_process_init.connect
def collect_garbage_rarely(**_: Any) -> None:
    """A message of 1,000 events is 20,000 objects, all gone a moment later."""
    collect_rarely()


@signals.task_prerun.connect
def drop_broken_connections(**_: Any) -> None:
    """Celery keeps database connections between tasks here; one that its server closed is opened anew.

    Whether they stand is asked at most once a second: that takes as long as a statement of the task.
    """
    global _asked_at
    if time.monotonic() - _asked_at > ASK_CONNECTIONS_EVERY:
        _asked_at = time.monotonic()
        close_old_connections()


_asked_at = 0.0


@signals.task_unknown.connect
def keep_unknown_task(name: str, message: Any, exc: Exception, **_: Any) -> None:
    """Celery would discard it with a line in the log."""
    try:
        put_aside(_text(message.body), exc, subscription="", at=timezone.now())
    finally:
        connections.close_all()  # the pool's next child must not inherit them


@signals.task_rejected.connect
def keep_message_without_task(message: Any, **_: Any) -> None:
    """Celery would discard it with a line in the log."""
    try:
        put_aside(
            _text(message.body), NotAMessage("not a Celery message"), subscription="", at=timezone.now()
        )
    finally:
        connections.close_all()


def set_aside_unreadable(queue: str, connection: Connection) -> int:
    """Take out of a Redis queue whatever is not a Celery message. Returns how many entries that were."""
    if connection.transport.driver_type != "redis":
        return 0
    client = cast(Any, connection.default_channel).client
    kind = _text(client.type(queue))
    if kind not in ("list", "none"):
        client.rename(queue, f"{queue}.unreadable")
        client.expire(f"{queue}.unreadable", 7 * 24 * 3600)
        logger.error("the queue %s was a %s: set aside as %s.unreadable", queue, kind, queue)
        return 1
    found, start = 0, 0
    while entries := client.lrange(queue, start, start + 49):
        unreadable = [entry for entry in entries if not _is_message(entry)]
        for entry in unreadable:
            put_aside(
                _text(entry)[:10_000],
                NotAMessage(f"not a message, in {queue}"),
                subscription="",
                at=timezone.now(),
            )
            client.lrem(queue, 1, entry)
        found += len(unreadable)
        start += len(entries) - len(unreadable)
    connections.close_all()
    if found:
        logger.error("%s entries of the queue %s were no messages and are dead letters now", found, queue)
    return found


def _is_message(entry: bytes) -> bool:
    """What kombu needs to hand an entry on without dying of it."""
    try:
        message = json.loads(entry)
        properties = message["properties"]
        properties["delivery_tag"], properties["delivery_info"]["routing_key"]
        body = message["body"]
        if properties.get("body_encoding") == "base64":
            body = base64.b64decode(body)
        return isinstance(message["headers"], dict) and isinstance(body, str | bytes)
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _text(raw: Any) -> str:
    return raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw)
