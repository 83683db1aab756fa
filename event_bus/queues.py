"""The broker, asked in a way that every Celery transport understands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import orjson
from celery import current_app
from kombu import Connection
from kombu.exceptions import ChannelError, KombuError
from kombu.serialization import register

from event_bus import redis_queues

LONGEST_ANSWER = 5.0
"""Seconds."""


def _as_json(content: Any) -> str:
    return orjson.dumps(content).decode()


# The same JSON as kombu's own, in a quarter of the time: a message of 1,000 events has 400,000 characters.
register("json", _as_json, orjson.loads, content_type="application/json", content_encoding="utf-8")


@contextmanager
def broker_connection() -> Iterator[Connection]:
    """A connection of the pool. After an error it goes back closed, for not every transport mends its own."""
    timeout = current_app.conf.broker_pool_acquire_timeout
    with cast(Connection, current_app.pool.acquire(block=True, timeout=timeout)) as connection:
        try:
            yield connection
        except BaseException:
            connection.collect()
            raise


def broker_errors() -> tuple[type[Exception], ...]:
    """What a broker that is away, hung or full raises."""
    connection = current_app.connection_for_write()
    its_own = (*connection.connection_errors, *connection.channel_errors)
    return (KombuError, OSError, *cast(tuple[type[Exception], ...], its_own))


def waiting_in(queue: str, connection: Connection) -> int:
    """The number of messages that no worker has taken yet."""
    channel = cast(Any, connection.default_channel)
    if connection.transport.driver_type == "redis":  # kombu's way takes eight commands, two for each priority
        return int(channel.client.llen(queue))
    _never_wait_for_ever(connection)
    try:
        return int(channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:  # not declared yet: nothing waits
        if not getattr(channel, "is_open", True):  # AMQP closes a channel that asked for what is not there
            connection.collect()
        return 0


def send(task: str, argument: dict[str, Any] | None, *, queue: str, connection: Connection) -> None:
    """One attempt, no retries: whoever sends here sends again later anyway."""
    arguments = [] if argument is None else [argument]
    if connection.transport.driver_type == "redis":
        redis_queues.push(task, arguments, queue=queue, connection=connection)
        return
    _never_wait_for_ever(connection)
    current_app.send_task(
        task,
        args=arguments,
        queue=queue,
        connection=connection,
        argsrepr="-",  # the text of 1,000 events, made for a log that nobody keeps, costs more than sending them
        kwargsrepr="-",
    )


def send_unless_one_waits(task: str, *, queue: str, connection: Connection) -> None:
    if connection.transport.driver_type == "redis":
        redis_queues.push_unless_one_waits(task, queue=queue, connection=connection)
    elif not waiting_in(queue, connection):
        send(task, None, queue=queue, connection=connection)


def _never_wait_for_ever(connection: Connection) -> None:
    """For AMQP, whose library has no setting for it: confirmations of a broker that is full or hangs never come."""
    if connection.transport.driver_type == "amqp":
        cast(Any, connection.default_channel).connection.sock.settimeout(LONGEST_ANSWER)
