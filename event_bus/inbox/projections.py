"""Projection: which function of a listening app makes rows out of which events."""

import functools
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model
from django.utils.module_loading import import_string
from pydantic import TypeAdapter

from event_bus import canary
from event_bus.digests import Records, Span, select
from event_bus.events import Event
from event_bus.subscriptions import get_subscription

Handler = TypeVar("Handler", bound=Callable[[Any], None])
RowFinder = TypeVar("RowFinder", bound="Callable[[UUID], Row | None]")
ErasedFinder = Callable[[set[UUID]], set[UUID]]

_appended: ContextVar[Collection[type[Model]] | None] = ContextVar(
    "models to which a filling appends; None: nothing is being filled", default=None
)


@contextmanager
def filling(appended: Collection[type[Model]]) -> Iterator[None]:
    """While a whole set of tables is filled. Whoever uses this has `leave_newest` done for these models afterwards,
    and then `derive_everything`."""
    token = _appended.set(appended)
    try:
        yield
    finally:
        _appended.reset(token)


def is_filling() -> bool:
    return _appended.get() is not None


def is_appended_to(model: type[Model]) -> bool:
    """Whether a handler may insert what it is told without looking what stands there: see `Projection.appends`."""
    return model in (_appended.get() or ())


class UnknownEventType(LookupError):
    """Nobody in the subscription knows what to do with an event of this type."""


@dataclass(frozen=True)
class Row:
    """What a subscription holds of one aggregate, for people who look for it. `text` completes "it holds …"."""

    model: type[Model]
    version: int
    text: str


@dataclass(frozen=True)
class Mirror:
    """How the rows that a subscription keeps of a topic are compared with their source."""

    model: type[Model]
    by: str
    """The column that holds the aggregate's id."""
    records: Records
    remove: Callable[[Collection[UUID]], None]
    """Takes out rows that the source does not have, or not in so new a version."""

    def id_at(self, number: int, span: Span) -> UUID | None:
        """Of the aggregates held in the span, by id, the one before which there are so many; None: there is none."""
        rows = select(self.model._default_manager.order_by(self.by), span, by=self.by)
        return next(iter(rows.values_list(self.by, flat=True).distinct()[number : number + 1]), None)


@dataclass(frozen=True)
class Checked:
    """Of how many derived rows so many were wrong, and `left` of them still are. `last` is the id to go on after."""

    rows: int
    wrong: int
    left: int
    last: UUID | None


class DerivedCheck(Protocol):
    """Compares the derived rows that follow `after` with the rows that they are made from."""

    def __call__(self, after: UUID | None, *, repair: bool) -> Checked: ...


Check = Callable[[TypeAdapter[list[Event]], list[Any]], list[Event]]
"""Makes events of one class from the data of as many."""


def of_python(events: TypeAdapter[list[Event]], data: list[Any]) -> list[Event]:
    return events.validate_python(data)


def of_json(events: TypeAdapter[list[Event]], texts: list[bytes]) -> list[Event]:
    """Of JSON texts, read as one: that takes half of the time."""
    return events.validate_json(b"[%s]" % b",".join(texts))


class Projection:
    """The handlers of one subscription. Each takes a list of events and writes their rows in bulk.

    Handlers run in the order in which they were declared, so that transactions take their locks in one order.
    """

    def __init__(self) -> None:
        self._handlers: list[Callable[[list[Any]], None]] = []
        self._handler_of: dict[str, tuple[type[Event], Callable[[list[Any]], None]]] = {}
        self._derive_everything: list[Callable[[], None]] = []
        self.derived: list[type[Model]] = []
        """Models whose rows are made from other rows here."""
        self.appended: dict[type[Model], str] = {}
        """By model, the column that says which aggregate a row is of."""
        self._row_of: dict[str, Callable[[UUID], Row | None]] = {}
        self.mirror_of: dict[str, Mirror] = {}
        self.check_of: dict[str, DerivedCheck] = {}
        self.erased_among: ErasedFinder = lambda ids: set()

    def on(self, *event_classes: type[Event]) -> Callable[[Handler], Handler]:
        """Declare the handler of these events."""

        def declare(handler: Handler) -> Handler:
            self._handlers.append(handler)
            for event_class in event_classes:
                self._handler_of[event_class.type] = (event_class, handler)
            return handler

        return declare

    def derives(
        self, model: type[Model], everything: Callable[[], None]
    ) -> Callable[[Callable[[Iterable[Any]], None]], Callable[[Iterable[Any]], None]]:
        """Declare what recomputes a model's rows from other rows: of the keys that it is given, and of all.

        While a whole set of tables is filled, the first is put off, and the second follows at the end: before the
        model's table has its indexes and unique constraints.
        """
        self.derived.append(model)
        self._derive_everything.append(everything)

        def declare(of_keys: Callable[[Iterable[Any]], None]) -> Callable[[Iterable[Any]], None]:
            @functools.wraps(of_keys)
            def unless_put_off(keys: Iterable[Any]) -> None:
                if not is_filling():
                    of_keys(keys)

            return unless_put_off

        return declare

    def appends(self, model: type[Model], *, of: str) -> None:
        """Declare that the handler of this model's rows asks `is_appended_to`.

        Where tables are filled without indexes (PostgreSQL), it then inserts the rows of the newest state that one
        call tells of each aggregate. What was told before in other calls is taken out at the end (`leave_newest`).
        Worth it where rows are many, and their keys in no order: keeping an index beside each costs more than the row.
        """
        self.appended[model] = of

    def derive_everything(self) -> None:
        for derive in self._derive_everything:
            derive()

    def holds(self, topic: str) -> Callable[[RowFinder], RowFinder]:
        """Declare what finds the row that an aggregate of this topic became; None if there is none."""

        def declare(finder: RowFinder) -> RowFinder:
            self._row_of[topic] = finder
            return finder

        return declare

    def mirrors(
        self,
        topic: str,
        model: type[Model],
        *,
        by: str = "pk",
        records: Records,
        remove: Callable[[Collection[UUID]], None],
    ) -> None:
        """Declare how what is kept of a topic is compared with its source."""
        self.mirror_of[topic] = Mirror(model, by, records, remove)

    def checks(self, name: str, check: DerivedCheck) -> None:
        """Declare how rows are checked that are made from other rows here."""
        self.check_of[name] = check

    def forgets(self, erased_among: ErasedFinder) -> ErasedFinder:
        """Declare what picks, of some ids, those of people who were erased. Inside a transaction, until whose end no
        other of them is."""
        self.erased_among = erased_among
        return erased_among

    def rows_of(self, subject: UUID) -> list[Row]:
        """What is held of this aggregate, whichever topic it belongs to."""
        return [row for find in self._row_of.values() if (row := find(subject))]

    @property
    def event_classes(self) -> dict[str, type[Event]]:
        return {type_: event_class for type_, (event_class, _) in self._handler_of.items()}

    @property
    def handlers(self) -> dict[str, Callable[[list[Any]], None]]:
        return {type_: handler for type_, (_, handler) in self._handler_of.items()}

    def apply(self, told: Iterable[tuple[str, Any]], check: Check = of_python) -> None:
        """Hand each handler its events, in the order in which they were told: (type, data). Inside a transaction.

        Raises UnknownEventType, pydantic's ValidationError, and whatever a handler raises.
        """
        told_to: dict[Callable[[list[Any]], None], list[tuple[type[Event], Any]]]
        told_to = {handler: [] for handler in self._handlers}
        for type_, data in told:
            if type_ == canary.TYPE:
                continue
            if type_ not in self._handler_of:
                raise UnknownEventType(f"no handler for {type_}: deploy one, then retry")
            event_class, handler = self._handler_of[type_]
            told_to[handler].append((event_class, data))
        events = {handler: list(_checked(its, check)) for handler, its in told_to.items() if its}
        for handler, its_events in events.items():
            handler(its_events)


def _checked(told: list[tuple[type[Event], Any]], check: Check) -> Iterator[Event]:
    """In their order. Those of one kind that follow each other in one call: a batch is hundreds."""
    for event_class, run in groupby(told, key=itemgetter(0)):
        yield from check(_list_of(event_class), [data for _, data in run])


@functools.cache
def _list_of(event_class: type[Event]) -> TypeAdapter[list[Event]]:
    return TypeAdapter(list[event_class])  # type: ignore[valid-type]


def projection_of(subscription: str) -> Projection:
    """Raises UnknownSubscription."""
    projection = import_string(get_subscription(subscription).projection)
    assert isinstance(projection, Projection)
    return projection
