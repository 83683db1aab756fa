"""What the broker knows: how many messages wait."""

from collections.abc import Sequence

from celery import current_app

from event_bus.queues import waiting_in


def ask(queues: Sequence[str]) -> dict[str, int]:
    """By queue. On a connection of its own: one of the pool may belong to a fork, or hang."""
    with current_app.connection_for_write() as connection:
        return {queue: waiting_in(queue, connection) for queue in queues}
