"""Signs of life: a row per process, in the database of its side, that says when it was last seen alive."""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self, TypeVar

from django.apps import apps
from django.db import DatabaseError, InterfaceError, connections, models
from django.utils import timezone

from event_bus.messages import OUTBOX_QUEUE

logger = logging.getLogger(__name__)

SIGN_EVERY = 2.0
"""Seconds."""

DEAD_AFTER = 10.0
"""Seconds without a sign of life. Long enough for a busy machine, short enough for whoever is waiting."""

FORGOTTEN_AFTER = timedelta(hours=1)

ASign = TypeVar("ASign", bound="Sign", covariant=True)


class SignQuerySet(models.QuerySet[ASign]):
    def note(self, kind: str, *, at: datetime, queue: str = "") -> None:
        """This process is alive: one statement."""
        sign = self.model(kind=kind, queue=queue, process=this_process(), started_at=at, seen_at=at)
        self.bulk_create(
            [sign],
            update_conflicts=True,
            unique_fields=["kind", "queue", "process"],
            update_fields=["seen_at"],
        )

    def until(self, at: datetime) -> Self:
        """Without those from the future: they are of a clock that was set back, and hide who is alive now."""
        return self.filter(seen_at__lt=at + timedelta(seconds=DEAD_AFTER))

    def forget_old(self, *, at: datetime) -> None:
        """Delete the signs of what is long gone; the last one of each kind stays, to say since when."""
        newest = self.values_list("kind", "queue").annotate(newest=models.Max("seen_at"))
        kept = [time for _, _, time in newest]
        self.filter(seen_at__lt=at - FORGOTTEN_AFTER).exclude(seen_at__in=kept).delete()


class Sign(models.Model):
    kind = models.CharField(max_length=20, help_text="beat, relay (a run of it has ended) or worker.")
    queue = models.CharField(max_length=50, blank=True, help_text="That a worker takes messages from.")
    process = models.CharField(max_length=100, help_text="Host and process id.")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        abstract = True
        verbose_name_plural = "signs of life"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "queue", "process"], name="a_process_has_one_sign_of_life_in_%(app_label)s"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.queue} {self.process}"


class Pulse(threading.Thread):
    """Writes a sign of life every few seconds, for as long as `is_alive` says so.

    A thread of its own, so that a database that hangs holds up nobody.
    """

    def __init__(self, kind: str, *, queue: str = "", is_alive: Callable[[], bool] = lambda: True) -> None:
        super().__init__(name=f"pulse of {kind} {queue}", daemon=True)
        self._kind, self._queue, self._is_alive = kind, queue, is_alive

    def run(self) -> None:
        while True:
            if self._is_alive():
                self._sign()
            time.sleep(SIGN_EVERY)

    def _sign(self) -> None:
        try:
            signs_of(self._queue or OUTBOX_QUEUE).note(self._kind, queue=self._queue, at=timezone.now())
        except (DatabaseError, InterfaceError) as error:
            logger.warning("no sign of life: its database is away: %s", error)
        finally:
            connections.close_all()  # a child that is forked later must not inherit them


def signs_of(queue: str) -> "SignQuerySet[Sign]":
    """The table on the side of those who take messages from this queue."""
    model = apps.get_model("outbox" if queue == OUTBOX_QUEUE else "inbox", "SignOfLife")
    signs = model._default_manager.all()
    assert isinstance(signs, SignQuerySet)
    return signs


def this_process() -> str:
    return f"{this_host()}:{os.getpid()}"


def this_host() -> str:
    return socket.gethostname()[:80]
