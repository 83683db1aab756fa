"""When changes can be seen on the reading side."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg import sql

from benchmarks.speed.offering import product_of, title_of
from benchmarks.speed.pipeline.contender import View
from stack import StackError

PATIENCE = 120.0
"""Seconds until a change that cannot be seen counts as lost."""

BETWEEN_LOOKS = 0.005
"""Seconds. One row is looked up by its key each time."""

TELLING = """
CREATE OR REPLACE FUNCTION tell_what_is_visible() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('visible', right(NEW.title, 9)); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER tell_what_is_visible AFTER INSERT OR UPDATE ON {table}
FOR EACH ROW EXECUTE FUNCTION tell_what_is_visible();
"""


class Watcher:
    """Reads one contender's view."""

    def __init__(self, view: View) -> None:
        self._table, self._id = sql.Identifier(view.table), sql.Identifier(view.id)
        self._connection = psycopg.connect(view.database, autocommit=True)

    def close(self) -> None:
        self._connection.close()

    @property
    def database_pid(self) -> int:
        """Process id of the connection's other end, whose parent is the server."""
        return self._connection.info.backend_pid

    def wait_for(self, changes: Iterable[int]) -> float:
        """The time.monotonic() at which the last could be seen. Raises StackError."""
        wanted = {product_of(change): title_of(change) for change in changes}
        deadline = time.monotonic() + PATIENCE
        look = sql.SQL("SELECT title FROM {} WHERE {} = %s").format(self._table, self._id)
        everything = sql.SQL("SELECT {}, title FROM {}").format(self._id, self._table)
        while True:
            seen: dict[UUID, str] = dict(self._connection.execute(everything).fetchall())
            moment = time.monotonic()
            wanted = {product: title for product, title in wanted.items() if seen.get(product, "") < title}
            if not wanted:
                return moment
            product, title = next(reversed(wanted.items()))
            while (row := self._connection.execute(look, [product]).fetchone()) is None or row[0] < title:
                if time.monotonic() > deadline:
                    raise StackError(f"{len(wanted)} changes did not become visible in {PATIENCE:.0f} s.")
                time.sleep(BETWEEN_LOOKS)

    @contextmanager
    def told(self) -> Iterator[None]:
        """The database tells each change as it commits, which costs the writer of the view some microseconds."""
        self._connection.execute("LISTEN visible")
        self._connection.execute(sql.SQL(TELLING).format(table=self._table))
        try:
            yield
        finally:
            self._connection.execute(sql.SQL("DROP TRIGGER tell_what_is_visible ON {}").format(self._table))
            self._connection.execute("UNLISTEN *")

    def times_of(self, changes: Iterable[int]) -> dict[int, float]:
        """The time.monotonic() at which each became visible, as far as they did. Inside of `told`."""
        wanted, times = set(changes), {}
        deadline = time.monotonic() + PATIENCE
        while wanted and time.monotonic() < deadline:
            for notice in self._connection.notifies(timeout=1, stop_after=1):
                change = int(notice.payload)
                if change in wanted:
                    wanted.remove(change)
                    times[change] = time.monotonic()
        return times
