"""What the pipeline's measurement asks of whoever carries changes from one database to another."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Command:
    """How to run a program: its words, and its whole environment."""

    words: Sequence[str]
    env: Mapping[str, str]
    folder: Path


@dataclass(frozen=True)
class View:
    """Where the changes become visible: a table of the reading side with a row a product."""

    database: str
    """Its postgres:// URL."""
    table: str
    id: str = "id"
    """Its column with the product's UUID; `title` and `version` are called so everywhere."""


class Contender(Protocol):
    """One way to carry changes. It keeps its own tables and its own processes, on servers that all have alike.

    A turn is: `start`, a backlog and some seconds at each rate, `stop`. While the backlog is made, the
    processes of `carriers` are halted with SIGSTOP, and with them their children; then they are let go.
    """

    @property
    def name(self) -> str:
        """Short: `django-cqrs, RabbitMQ`."""

    @property
    def backlog(self) -> int:
        """How many changes it works off in some 4 seconds; at most `offering.PRODUCTS`."""

    @property
    def view(self) -> View:
        """Known once it is prepared."""

    @property
    def producer(self) -> Command:
        """A program that calls `benchmarks.speed.offering.serve`, set up and connected; several of it may run."""

    def prepare(self) -> None:
        """Make tables on both sides, with the products of `offering.products()` at version 1. Once, before the rounds.

        Raises StackError.
        """

    def start(self) -> None:
        """Start what carries changes: one process to send and one to receive. Returns once they wait for changes."""

    def stop(self) -> None:
        """End what `start` started; nothing is on its way then."""

    def carriers(self) -> Iterable[int]:
        """Process ids, without their children, of what `start` started."""

    def servers(self) -> Iterable[int]:
        """Process ids, without their children, of its broker: what it shares with no other, or Redis.

        PostgreSQL is found by the measurement.
        """
