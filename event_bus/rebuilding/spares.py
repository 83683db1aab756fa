"""The second set of tables: where it stands, and how it takes the place of the one that serves.

On PostgreSQL it is a schema of the same database, and tables change places by `ALTER TABLE … SET SCHEMA`.
On SQLite it is a file of its own, and the rows change places. Either way it is one transaction, beside which
readers see all of the old rows or all of the new ones.
"""

import fcntl
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import OperationalError, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from event_bus.rebuilding import attachments, late_indexes
from event_bus.rebuilding.table_sets import on_spare_tables, spare_of

FILLING, ANNOUNCED, PREVIOUS = "filling", "announced", "previous"
"""What a spare set is: one that is filled from the log or by announcing, or the one that served before the last
exchange."""

AT_ONCE = 10_000
"""Rows copied in one step on SQLite."""


class TablesBusy(Exception):
    """Somebody reads the tables in a long transaction, so they could not change places."""


class NotMigrated(Exception):
    """The tables that serve are of another release than the spare ones would be."""


class RebuildRunning(Exception):
    """Another process works on the spare tables."""


class Spare(ABC):
    """The spare set beside the tables of database `alias`."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.name = spare_of(alias)
        connections.databases[self.name] = self._settings(deepcopy(connections[alias].settings_dict))

    @property
    def live(self) -> BaseDatabaseWrapper:
        return connections[self.alias]

    @property
    def connection(self) -> BaseDatabaseWrapper:
        return connections[self.name]

    @abstractmethod
    def exists(self) -> bool: ...

    @abstractmethod
    def drop(self) -> None: ...

    @abstractmethod
    @contextmanager
    def locked(self) -> Iterator[None]:
        """While inside, no other process may work on the spare set. Raises RebuildRunning."""

    @abstractmethod
    def sets_for(self, reading: BaseDatabaseWrapper) -> tuple[str, str]:
        """What stands before a table's name, for a new connection to the live tables: (live, spare)."""

    @abstractmethod
    def exchange(self, tables: Sequence[str]) -> None:
        """Change places with the live tables, and with their checkpoints the positions that each set has applied.

        Inside a transaction of the live database that has locked the checkpoints. Raises TablesBusy.
        """

    def refuse_attachments(self, tables: Sequence[str]) -> None:  # noqa: B027
        """Raises Attached if something refers to the tables that serve and could not follow others in their place."""

    def put_off_indexes(self, tables: Sequence[str], entirely: Sequence[str]) -> None:  # noqa: B027
        """Do without what the tables need only once they are full: of those that are filled by upserts all but what
        is unique in an event, which that relies on; of some everything. Where that is not worth it, nothing is done."""

    def lacks_unique_indexes(self, table: str) -> bool:
        """Whether such are put off, so that a row may stand there in several states."""
        return False

    def make_indexes(self, tables: Sequence[str], *, sessions: int) -> None:  # noqa: B027
        """Those that the tables that serve have and these lack; then the planner learns what these hold."""

    def make_constraints(self, tables: Sequence[str], *, sessions: int) -> None:  # noqa: B027
        """What the indexes are there for. A step of its own, since each locks its table."""

    def committed(self) -> None:  # noqa: B027 (most sets have nothing left to do)
        """What is left to do after the transaction of `exchange`."""

    def create(self) -> None:
        """An empty set, or the one that is there brought up to the present migrations. Raises NotMigrated."""
        migrations = MigrationExecutor(self.live)
        here = [
            node for node in migrations.loader.graph.leaf_nodes() if router.allow_migrate(self.alias, node[0])
        ]
        if migrations.migration_plan(here):
            raise NotMigrated(
                f"the tables that serve wait for migrations: manage.py migrate --database {self.alias}"
            )
        with on_spare_tables(self.alias):
            call_command("migrate", database=self.name, verbosity=0)
        with self.connection.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS spare_tables (state varchar(20) NOT NULL)")

    def state(self) -> str:
        with self.connection.cursor() as cursor:
            if "spare_tables" not in self.connection.introspection.table_names(cursor):
                return FILLING  # whoever began to make the set was interrupted
            cursor.execute("SELECT state FROM spare_tables")
            row = cursor.fetchone()
        return str(row[0]) if row else FILLING

    def note(self, state: str) -> None:
        with transaction.atomic(using=self.name), self.connection.cursor() as cursor:
            cursor.execute("DELETE FROM spare_tables")
            cursor.execute("INSERT INTO spare_tables VALUES (%s)", [state])

    def close(self) -> None:
        """Forget the alias, so that whatever goes through all databases does not meet it."""
        if self.name in connections.databases:
            self.connection.close()
            del connections[self.name]
            del connections.databases[self.name]

    @abstractmethod
    def _settings(self, live: dict[str, Any]) -> dict[str, Any]: ...


class PostgresSpare(Spare):
    SCHEMA = "spare"

    def exists(self) -> bool:
        with self.live.cursor() as cursor:
            cursor.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", [self.SCHEMA])
            return cursor.fetchone() is not None

    @contextmanager
    def locked(self) -> Iterator[None]:
        connection = connections.create_connection(self.alias)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(hashtext('spare tables'))")
                if not cursor.fetchone()[0]:
                    raise RebuildRunning("another rebuild is running")
            yield
        finally:
            connection.close()

    def create(self) -> None:
        with self.live.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {self.SCHEMA}")
        super().create()

    def drop(self) -> None:
        self.connection.close()
        with self.live.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {self.SCHEMA} CASCADE")

    def refuse_attachments(self, tables: Sequence[str]) -> None:
        attachments.refuse_attachments(self.live, _schema_of(self.live), tables)

    def put_off_indexes(self, tables: Sequence[str], entirely: Sequence[str]) -> None:
        with transaction.atomic(using=self.name):
            for index in late_indexes.indexes_of(self.connection, self.SCHEMA, tables):
                if index.table in entirely or index.numbered or not index.unique:
                    late_indexes.drop(self.connection, self.SCHEMA, index)

    def lacks_unique_indexes(self, table: str) -> bool:
        with transaction.atomic(using=self.name), self.connection.cursor() as cursor:
            # Waits for an index that is being made: it may outlive the rebuild that asked for it.
            cursor.execute(f"LOCK TABLE {self.SCHEMA}.{table} IN ROW EXCLUSIVE MODE")
            there = late_indexes.indexes_of(self.connection, self.SCHEMA, [table])
        return not any(index.unique and not index.numbered for index in there)

    def make_indexes(self, tables: Sequence[str], *, sessions: int) -> None:
        like = _schema_of(self.live)
        late_indexes.make(self._connect, self.SCHEMA, tables, like=like, sessions=sessions)
        late_indexes.analyze(self._connect, self.SCHEMA, tables, sessions=sessions)

    def make_constraints(self, tables: Sequence[str], *, sessions: int) -> None:
        like = _schema_of(self.live)
        late_indexes.constrain(self._connect, self.SCHEMA, tables, like=like, sessions=sessions)

    def _connect(self) -> BaseDatabaseWrapper:
        """A session of its own, which whoever asks for it closes."""
        return connections.create_connection(self.name)

    def sets_for(self, reading: BaseDatabaseWrapper) -> tuple[str, str]:
        return f"{_schema_of(reading)}.", f"{self.SCHEMA}."

    def exchange(self, tables: Sequence[str]) -> None:
        live, spare = _schema_of(self.live), self.SCHEMA
        statements = [
            "CREATE SCHEMA spare_exchange",
            *(
                statement
                for table in tables
                for statement in (
                    f"ALTER TABLE {live}.{table} SET SCHEMA spare_exchange",
                    f"ALTER TABLE {spare}.{table} SET SCHEMA {live}",
                    f"ALTER TABLE spare_exchange.{table} SET SCHEMA {spare}",
                )
            ),
            "DROP SCHEMA spare_exchange",
            f"CREATE TEMP TABLE served ON COMMIT DROP AS SELECT * FROM {live}.inbox_checkpoint",  # noqa: S608
            _TAKE_APPLIED.format(into=f"{live}.inbox_checkpoint", of=f"{spare}.inbox_checkpoint"),
            _TAKE_APPLIED.format(into=f"{spare}.inbox_checkpoint", of="served"),
            # Of what the old tables could not hold, all is waiting again should they serve again.
            f"DELETE FROM {spare}.inbox_deadletter",  # noqa: S608
            f"INSERT INTO {spare}.inbox_deadletter SELECT * FROM {live}.inbox_deadletter",  # noqa: S608
            f"SELECT setval(pg_get_serial_sequence('{spare}.inbox_deadletter', 'id'), max(id)) "  # noqa: S608
            f"FROM {spare}.inbox_deadletter",
            f"DELETE FROM {spare}.spare_tables",  # noqa: S608
            f"INSERT INTO {spare}.spare_tables VALUES ('{PREVIOUS}')",  # noqa: S608
            *attachments.settings_of(self.live, live, tables),
        ]
        with self.live.cursor() as cursor:
            try:
                # Nobody reads the spare ones. If autovacuum is at one, it is ended after deadlock_timeout.
                cursor.execute("SET LOCAL lock_timeout = '3s'")
                cursor.execute(f"LOCK TABLE {', '.join(f'{spare}.{table}' for table in tables)}")
                # Shorter than deadlock_timeout: rather than have a reader ended, this gives up and tries again.
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
                cursor.execute(f"LOCK TABLE {', '.join(f'{live}.{table}' for table in tables)}")
            except OperationalError as error:
                raise TablesBusy("the tables have been in use for longer than half a second") from error
            for statement in statements:
                cursor.execute(statement)

    def _settings(self, live: dict[str, Any]) -> dict[str, Any]:
        options = live.setdefault("OPTIONS", {})
        # What a crash of the server takes of a spare set is read from the log again. The memory is for the
        # session that derives rows, and for one index in each of the sessions beside it.
        its_own = (
            f"-c search_path={self.SCHEMA} -c synchronous_commit=off "
            "-c work_mem=256MB -c maintenance_work_mem=256MB "
            "-c max_parallel_maintenance_workers=0 -c jit=off"
        )
        options["options"] = f"{options.get('options', '')} {its_own}".strip()
        return live


_TAKE_APPLIED = """
UPDATE {into} AS mine SET applied = theirs.applied FROM {of} AS theirs
WHERE mine.subscription = theirs.subscription AND mine.topic = theirs.topic AND mine.partition = theirs.partition
"""


class SqliteSpare(Spare):
    @property
    def file(self) -> Path:
        return Path(self.connection.settings_dict["NAME"])

    @property
    def _before(self) -> Path:
        return self.file.with_name(f"{self.file.name}.before")

    def exists(self) -> bool:
        return self.file.exists()

    def drop(self) -> None:
        self.connection.close()
        for file in (self.file, f"{self.file}-wal", f"{self.file}-shm", self._before):
            Path(file).unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self.file.with_name(f"{self.file.name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise RebuildRunning("another rebuild is running") from error
            yield

    def sets_for(self, reading: BaseDatabaseWrapper) -> tuple[str, str]:
        with reading.cursor() as cursor:
            cursor.execute("ATTACH DATABASE %s AS spare", [str(self.file)])
        return "main.", "spare."

    def exchange(self, tables: Sequence[str]) -> None:
        self._keep_what_served()
        with self.live.cursor() as into, self.connection.cursor() as of:
            for table in tables:
                into.execute(f"DELETE FROM {table}")  # noqa: S608
                of.execute(f"SELECT * FROM {table}")  # noqa: S608
                places = ", ".join(["%s"] * len(of.description))
                while rows := of.fetchmany(AT_ONCE):
                    into.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608
            of.execute("SELECT applied, subscription, topic, partition FROM inbox_checkpoint")
            into.executemany(
                "UPDATE inbox_checkpoint SET applied = %s WHERE subscription = %s AND topic = %s AND partition = %s",
                of.fetchall(),
            )

    def committed(self) -> None:
        """The copy of what served becomes the spare set."""
        self.connection.close()
        os.replace(self._before, self.file)

    def _keep_what_served(self) -> None:
        self._before.unlink(missing_ok=True)
        with closing(sqlite3.connect(self.live.settings_dict["NAME"], isolation_level=None)) as served:
            served.execute("VACUUM INTO ?", [str(self._before)])
        with closing(sqlite3.connect(self._before, isolation_level=None)) as copy:
            copy.execute("CREATE TABLE spare_tables (state varchar(20) NOT NULL)")
            copy.execute("INSERT INTO spare_tables VALUES (?)", [PREVIOUS])

    def _settings(self, live: dict[str, Any]) -> dict[str, Any]:
        name = Path(live["NAME"])
        live["NAME"] = name.with_name(f"{name.stem}.spare{name.suffix}")
        return live


def _schema_of(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


@contextmanager
def spare_beside(alias: str) -> Iterator[Spare]:
    is_open = spare_of(alias) in connections.databases  # by whoever called, who closes it
    spare = PostgresSpare(alias) if connections[alias].vendor == "postgresql" else SqliteSpare(alias)
    try:
        yield spare
    finally:
        if not is_open:
            spare.close()
