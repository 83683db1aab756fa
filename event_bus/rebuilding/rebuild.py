"""A subscription's tables made anew beside those that serve, compared with them, and put in their place."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.db import OperationalError, connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from event_bus.garbage import rare_garbage_collection
from event_bus.inbox.freshness import complete_as_of
from event_bus.inbox.models import Checkpoint, DeadLetter
from event_bus.inbox.projections import filling, projection_of
from event_bus.inbox.upserting import leave_newest
from event_bus.outbox.models import OutboxEvent, Partition
from event_bus.rebuilding.comparison import TableDifference, compare
from event_bus.rebuilding.filling import fill, fill_from_archive
from event_bus.rebuilding.letters import take_over
from event_bus.rebuilding.spares import Spare, TablesBusy
from event_bus.rebuilding.table_sets import on_spare_tables
from event_bus.subscriptions import Subscription

FEW = 1_000
"""Events. So many may come during the last pass over the log; the rest is applied while the live set waits."""

OBJECTS_AT_ONCE = 1_000_000
"""More than Python makes of one batch."""

PATIENCE = 60.0
"""Seconds for the live set to reach the same cut, and for the tables to be free."""

LOOKS = 4
"""Comparisons, at most. Each but the last is followed by a wait for what was on its way."""


class LiveSetBehind(Exception):
    """The tables that serve do not catch up, so there is no cut at which to compare."""


@dataclass(frozen=True)
class Rebuild:
    """One subscription and the spare set beside its tables."""

    subscription: Subscription
    spare: Spare

    @property
    def tables(self) -> list[type[models.Model]]:
        """What the listening app keeps; checkpoints and dead letters stay where they are."""
        app = apps.get_containing_app_config(self.subscription.projection)
        assert app is not None, self.subscription.projection
        return list(app.get_models())

    def create(self) -> None:
        """The spare set, ready to be filled. Raises NotMigrated or Attached."""
        self.spare.refuse_attachments(_names(self.tables))
        is_new = not self.spare.exists()
        self.spare.create()
        if is_new:
            projection = projection_of(self.subscription.name)
            self.spare.put_off_indexes(
                _names(self.tables), _names([*projection.derived, *projection.appended])
            )

    def start_at_heads(self) -> None:
        """The log is not to be read: what follows now, such as an announcement, says it all."""
        heads = {(row.topic, row.number): row.head for row in self._partitions().filter(head__gt=0)}
        with on_spare_tables(self.spare.alias), transaction.atomic(using=self.spare.name):
            checkpoints = Checkpoint.objects.lock(self.subscription.name, set(heads))
            for checkpoint in checkpoints:
                checkpoint.applied = [[1, heads[checkpoint.topic, checkpoint.partition]]]
            Checkpoint.objects.save_all(checkpoints)

    def fill(self, *, archive: Path | None = None, share: tuple[int, int] = (0, 1)) -> Iterator[int]:
        """What must be done with all rows at once is left to `derive`. Yields how many positions each step brought.

        Raises LogIncomplete if the log was pruned and `archive` does not hold what is missing; ArchiveDamaged.
        """
        with (
            on_spare_tables(self.spare.alias),
            filling(self._appended()),
            rare_garbage_collection(OBJECTS_AT_ONCE),
        ):
            if archive:
                yield from fill_from_archive(self.subscription, archive, share=share)
            yield from fill(self.subscription, share=share)

    def apply_archive(self, archive: Path) -> None:
        """To tables that served before: what was pruned since. Raises ArchiveDamaged."""
        with on_spare_tables(self.spare.alias):
            sum(fill_from_archive(self.subscription, archive))

    def derive(self, *, sessions: int = 1) -> None:
        """The newest states, derived rows, and the indexes, those of the other tables meanwhile.

        In one session, so that derived rows lie in order, in which their indexes are made in half of the time.
        """
        self._settle()
        derived = _names(projection_of(self.subscription.name).derived)
        others = [name for name in _names(self.tables) if name not in derived]
        with ThreadPoolExecutor(1) as beside:
            deriving = beside.submit(self._derive)
            if sessions == 1:
                deriving.result()
            self.spare.make_indexes(others, sessions=max(1, sessions - 1))
            deriving.result()
        self.spare.make_indexes(derived, sessions=sessions)
        self.spare.make_constraints(_names(self.tables), sessions=sessions)

    def _appended(self) -> dict[type[models.Model], str]:
        """Models, as the projection declares, for as long as nothing is unique in their tables."""
        declared = projection_of(self.subscription.name).appended
        return {
            model: of
            for model, of in declared.items()
            if self.spare.lacks_unique_indexes(model._meta.db_table)
        }

    def _settle(self) -> None:
        with on_spare_tables(self.spare.alias):
            for model, of in self._appended().items():
                leave_newest(model, of=of)

    def _derive(self) -> None:
        with on_spare_tables(self.spare.alias):
            try:
                projection_of(self.subscription.name).derive_everything()
            finally:
                self.spare.connection.close()  # of this thread

    def catch_up(self) -> None:
        """Apply what came meanwhile, until little is left."""
        with on_spare_tables(self.spare.alias):
            while sum(fill(self.subscription)) > FEW:
                pass

    def applied(self) -> int:
        """Positions, in the spare set."""
        with on_spare_tables(self.spare.alias):
            return sum(row.applied_up_to for row in Checkpoint.objects.of(self.subscription.name))

    def heads(self) -> int:
        return sum(self._partitions().values_list("head", flat=True))

    def compare(self) -> list[TableDifference]:
        """At one cut of the log, in a snapshot: nobody waits for it. Raises LiveSetBehind.

        A person who is being erased has left the log already, and the tables that serve not yet. So what differs
        while anything is on its way is looked at again, once that has been applied.
        """
        for _ in range(LOOKS):
            began = timezone.now()
            differences, is_final = self._compare()
            if is_final or all(each.same for each in differences):
                break
            self._wait_until_applied(began)
            self.catch_up()
        return differences

    def _compare(self) -> tuple[list[TableDifference], bool]:
        """And whether nothing was on its way."""
        reading = connections.create_connection(self.spare.alias)
        try:
            sets = self.spare.sets_for(reading)
            is_final = self._at_one_cut(lambda: _begin_snapshot(reading, sets, self.tables))
            return compare(reading, sets, self.tables), is_final
        finally:
            reading.close()

    def _wait_until_applied(self, committed_before: datetime) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            as_of = complete_as_of(self.subscription.name)
            if as_of and as_of >= committed_before:
                return
            time.sleep(0.1)

    def exchange(self) -> None:
        """The spare set serves from now on. Raises Attached or TablesBusy."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self._exchange()
            except (TablesBusy, OperationalError) as error:  # in its way may be a dead letter that is retried
                if time.monotonic() > deadline:
                    raise TablesBusy(str(error)) from error
                time.sleep(0.2)
            else:
                self.spare.committed()
                return

    def _exchange(self) -> None:
        self.catch_up()
        with self._live_set_waiting():
            self.spare.refuse_attachments(_names(self.tables))
            with on_spare_tables(self.spare.alias):
                sum(fill(self.subscription))
                letters = list(DeadLetter.objects.waiting().filter(subscription=self.subscription.name))
            self.spare.exchange(_names(self.tables))
            take_over(letters, subscription=self.subscription.name, at=timezone.now())

    def _at_one_cut(self, then: Callable[[], None]) -> bool:
        """Call `then` while both sets have applied the very same positions. Whether that was all there is."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with self._live_set_waiting() as served:
                up_to = {(row.topic, row.partition): row.applied_up_to for row in served}
                if all(len(row.applied) <= 1 for row in served) and self._is_covered_by(up_to):
                    with on_spare_tables(self.spare.alias):
                        sum(fill(self.subscription, up_to=up_to))
                    is_all = self._is_all(up_to)
                    then()
                    return is_all
            time.sleep(0.1)
        raise LiveSetBehind(
            f"{self.subscription.name} has not caught up within {PATIENCE:g} s, so that nothing can be compared "
            "with it: is a worker running? (manage.py bus_status)"
        )

    def _is_all(self, up_to: dict[tuple[str, int], int]) -> bool:
        heads = self._partitions().values_list("topic", "number", "head")
        waiting = OutboxEvent.objects.filter(position=None).exists()
        return not waiting and all(head <= up_to.get((topic, number), 0) for topic, number, head in heads)

    def _is_covered_by(self, up_to: dict[tuple[str, int], int]) -> bool:
        with on_spare_tables(self.spare.alias):
            made = list(Checkpoint.objects.of(self.subscription.name))
        return all(row.applied_up_to <= up_to.get((row.topic, row.partition), 0) for row in made)

    def _partitions(self) -> models.QuerySet[Partition]:
        return Partition.objects.filter(topic__in=self.subscription.topics)

    @contextmanager
    def _live_set_waiting(self) -> Iterator[Sequence[Checkpoint]]:
        """While inside, nothing is applied to the tables that serve. Reading goes on."""
        with transaction.atomic(using=router.db_for_write(Checkpoint)):
            places = set(self._partitions().values_list("topic", "number"))
            yield Checkpoint.objects.lock(self.subscription.name, places) if places else []


def _names(tables: Sequence[type[models.Model]]) -> list[str]:
    return [model._meta.db_table for model in tables]


def _begin_snapshot(
    reading: BaseDatabaseWrapper, sets: tuple[str, str], tables: Sequence[type[models.Model]]
) -> None:
    with reading.cursor() as cursor:
        isolation = " ISOLATION LEVEL REPEATABLE READ READ ONLY" if reading.vendor == "postgresql" else ""
        cursor.execute(f"BEGIN{isolation}")
        for where in sets:  # the first read takes the snapshot
            cursor.execute(f"SELECT 1 FROM {where}{tables[0]._meta.db_table} LIMIT 1")  # noqa: S608
