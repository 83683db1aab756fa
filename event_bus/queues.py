"""How many messages wait in a queue, asked in a way that every Celery broker understands."""

from celery import current_app
from kombu import Connection
from kombu.exceptions import ChannelError


def broker_connection() -> Connection:
    """A connection of the pool; use it as a context manager."""
    return current_app.pool.acquire(block=True, timeout=current_app.conf.broker_pool_acquire_timeout)


def waiting_in(queue: str, connection: Connection) -> int:
    """Raises the broker's own errors when it is away."""
    try:
        return int(connection.default_channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:  # Redis has no empty queues: not there means nothing waits
        return 0
