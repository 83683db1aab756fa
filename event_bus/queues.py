"""The broker, asked in a way that every Celery transport understands."""

from typing import Any, cast

from celery import current_app
from kombu import Connection
from kombu.exceptions import ChannelError, KombuError


def broker_connection() -> Connection:
    """A connection of the pool; use it as a context manager."""
    timeout = current_app.conf.broker_pool_acquire_timeout
    return cast(Connection, current_app.pool.acquire(block=True, timeout=timeout))


def broker_errors() -> tuple[type[Exception], ...]:
    """What a broker that is away, hung or full raises."""
    connection = current_app.connection_for_write()
    its_own = (*connection.connection_errors, *connection.channel_errors)
    return (KombuError, OSError, *cast(tuple[type[Exception], ...], its_own))


def waiting_in(queue: str, connection: Connection) -> int:
    """The number of messages that no worker has taken yet."""
    try:
        channel = cast(Any, connection.default_channel)
        return int(channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:  # Redis has no empty queues: not there means that nothing waits
        return 0


def send(task: str, argument: dict[str, Any] | None, *, queue: str, connection: Connection) -> None:
    """One attempt, no retries: whoever sends here sends again later anyway."""
    current_app.send_task(
        task,
        args=[] if argument is None else [argument],
        queue=queue,
        connection=connection,
        argsrepr="-",  # the text of 500 events, made for a log that nobody keeps, costs more than sending them
        kwargsrepr="-",
    )
