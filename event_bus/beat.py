"""Beat asks for a periodic task only while few of its kind wait."""

import logging
from typing import Any

from celery.beat import ScheduleEntry, Scheduler

from event_bus.queues import broker_connection, broker_errors, waiting_in

logger = logging.getLogger(__name__)

MOST_WAITING = 10


class CoalescingScheduler(Scheduler):
    """A worker that was away for a day finds a handful of sweeps, not 43,200, and the broker's memory stays bounded."""

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        try:
            with broker_connection() as connection:
                waiting = waiting_in((entry.options or {})["queue"], connection)
        except broker_errors() as error:
            logger.warning("the broker is away, %s is asked for at its next turn: %s", entry.task, error)
            return
        if waiting < MOST_WAITING:
            super().apply_entry(entry, producer)
