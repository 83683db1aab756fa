"""Beat asks for a periodic task only while few of its kind wait."""

import logging
import time
from typing import Any

from celery import current_app
from celery.beat import ScheduleEntry, Scheduler, SchedulingError

from event_bus.queues import broker_connection, broker_errors, waiting_in
from event_bus.signs_of_life import DEAD_AFTER, Pulse

logger = logging.getLogger(__name__)

MOST_WAITING = 10


class CoalescingScheduler(Scheduler):
    """A worker that was away for a day finds a handful of sweeps, not 43,200, and the broker's memory stays bounded."""

    producer: Any = None
    """Celery's own would stay broken once its connection is."""

    def setup_schedule(self) -> None:
        super().setup_schedule()
        self._turned_at = time.monotonic()
        Pulse("beat", is_alive=self._turns).start()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        self._turned_at = time.monotonic()
        return float(super().tick(*args, **kwargs))

    def _turns(self) -> bool:
        return time.monotonic() - self._turned_at < DEAD_AFTER

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        try:
            with broker_connection() as connection:
                if waiting_in((entry.options or {})["queue"], connection) < MOST_WAITING:
                    self.apply_async(
                        entry,
                        producer=current_app.amqp.Producer(connection, auto_declare=False),
                        advance=False,
                    )
        except _away() as error:
            logger.warning("the broker is away, %s is asked for at its next turn: %s", entry.task, error)


def _away() -> tuple[type[Exception], ...]:
    return (SchedulingError, *broker_errors())
