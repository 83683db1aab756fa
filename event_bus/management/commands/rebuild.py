"""manage.py rebuild: a subscription's tables made anew, beside those that serve, from the log."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from event_bus.archives import ArchiveDamaged
from event_bus.inbox.models import Checkpoint
from event_bus.management.commands.fill_spare_tables import NO_LOG
from event_bus.rebuilding.attachments import Attached
from event_bus.rebuilding.comparison import TableDifference
from event_bus.rebuilding.filling import LogIncomplete, check_that_all_is_there
from event_bus.rebuilding.rebuild import LiveSetBehind, Rebuild
from event_bus.rebuilding.spares import (
    ANNOUNCED,
    PREVIOUS,
    NotMigrated,
    RebuildRunning,
    Spare,
    TablesBusy,
    spare_beside,
)
from event_bus.subscriptions import Subscription, get_subscription

DIFFERENT = 3
"""Exit code: the rebuilt tables differ from those that serve, and nobody has accepted that."""

INTERRUPTED = 130
"""Exit code, as a shell gives it to what Ctrl-C ended."""

WITHOUT_THE_LOG = "Give --from archive with an --archive DIR that holds it, or --from announce."
UNDONE_WITHOUT_THE_LOG = (
    "Give --from archive with an --archive DIR that holds it; without one this cannot be undone any more."
)

LOOK_EVERY = 0.5
"""Seconds."""

GO = b"go\n"
"""To a worker, once there are tables to fill."""


class Command(BaseCommand):
    help = (
        "Makes the tables of a subscription anew from the log, in spare tables beside those that serve; compares "
        "the two and has the new ones take the place of the old in one transaction. Reading goes on all the time. "
        f"Exits {DIFFERENT}, and exchanges nothing, if they differ and --accept is not given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        if not hasattr(self, "subscription"):
            parser.add_argument("subscription")
        parser.add_argument(
            "--from",
            dest="source",
            choices=["log", "archive", "announce"],
            default="log",
            help="after pruning: archive reads what was pruned from --archive first, announce has everything "
            "announced once more (default: log)",
        )
        parser.add_argument("--archive", type=Path, metavar="DIR", help="what `prune_events --archive` wrote")
        parser.add_argument("--workers", type=int, default=2, help="processes (SQLite: always 1; default: 2)")
        parser.add_argument(
            "--accept", action="store_true", help="take the new tables although they differ from the old"
        )
        end = parser.add_mutually_exclusive_group()
        end.add_argument(
            "--undo", action="store_true", help="have the tables before the last rebuild serve again"
        )
        end.add_argument("--discard", action="store_true", help="drop the spare tables, whatever is in them")

    def handle(self, *args: Any, **options: Any) -> None:
        if (options["source"] == "archive") != bool(options["archive"]):
            raise CommandError("--from archive and --archive DIR belong together")
        if options["workers"] < 1:
            raise CommandError("--workers must be 1 or more")
        if options["archive"] and not options["archive"].is_dir():
            raise CommandError(f"{options['archive']} is no folder")
        name = options.get("subscription") or getattr(self, "subscription", "")
        self.console = Console(file=cast(Any, self.stdout), highlight=False)
        try:
            with spare_beside(router.db_for_write(Checkpoint)) as spare, spare.locked():
                rebuild = Rebuild(get_subscription(str(name)), spare)
                if options["discard"]:
                    self._discard(spare)
                elif options["undo"]:
                    self._undo(rebuild, options["archive"])
                else:
                    self._rebuild(rebuild, **options)
        except (RebuildRunning, NotMigrated, Attached) as error:
            raise CommandError(str(error)) from error
        except LogIncomplete as error:
            advice = UNDONE_WITHOUT_THE_LOG if options["undo"] else WITHOUT_THE_LOG
            raise CommandError(f"{error}. {advice}") from error
        except ArchiveDamaged as error:
            raise CommandError(str(error)) from error
        except (LiveSetBehind, TablesBusy) as error:
            raise CommandError(f"{error}. The rebuilt tables are kept: the same command goes on.") from error
        except KeyboardInterrupt as error:
            raise CommandError(
                "interrupted, and nothing that serves was touched. The same command goes on where this ended; "
                "--discard drops what it has made.",
                returncode=INTERRUPTED,
            ) from error

    def _rebuild(
        self,
        rebuild: Rebuild,
        *,
        source: str,
        archive: Path | None,
        workers: int,
        accept: bool,
        **options: Any,
    ) -> None:
        spare = rebuild.spare
        if source != "announce" and (not spare.exists() or spare.state() == PREVIOUS):
            # Or what --undo needs would be dropped for nothing.
            check_that_all_is_there(rebuild.subscription, archive)
        with self._workers(rebuild, archive, workers) as processes:
            self._begin(rebuild, source)
            started, before = time.monotonic(), rebuild.applied()
            self._fill(rebuild, archive, processes)
        filled = time.monotonic()
        rebuild.derive(sessions=max(1, len(processes)))
        derived = time.monotonic()
        rebuild.catch_up()
        events, seconds = rebuild.applied() - before, time.monotonic() - started
        self.console.print(
            f"{events:,} events in {seconds:.1f} s: {events / seconds:,.0f} a second "
            f"({derived - filled:.1f} s of it for derived rows)"
        )
        self._compare(rebuild, accept=accept)
        rebuild.exchange()
        self.console.print("The rebuilt tables serve now. The old ones are kept: --undo, --discard.")

    def _begin(self, rebuild: Rebuild, source: str) -> None:
        """The spare tables, or what an interrupted rebuild left of them."""
        spare = rebuild.spare
        if spare.exists() and spare.state() == PREVIOUS:
            self.console.print("Dropping the tables kept from the last rebuild …")
            spare.drop()
        if spare.exists():
            if spare.state() == ANNOUNCED and source != "announce":
                raise CommandError(
                    "the spare tables were begun with --from announce, so the log alone does not fill them: "
                    "go on with that, or --discard them first"
                )
            self.console.print("Going on with the rebuild that was interrupted …")
        rebuild.create()
        if source == "announce":
            spare.note(ANNOUNCED)
            rebuild.start_at_heads()
            announce_everything(rebuild.subscription, stdout=self.stdout)

    def _compare(self, rebuild: Rebuild, *, accept: bool) -> None:
        """Raises LiveSetBehind, and CommandError if they differ; not if that is accepted."""
        try:
            differences = rebuild.compare()
        except LiveSetBehind as error:
            if not accept:
                raise
            self.console.print(f"Not compared: {error}")
            differences = []
        else:
            self._show(differences)
        if any(not difference.same for difference in differences) and not accept:
            raise CommandError(
                "The rebuilt tables differ from those that serve: see above. The same command with --accept has "
                "them serve, --discard drops them.",
                returncode=DIFFERENT,
            )

    @contextmanager
    def _workers(
        self, rebuild: Rebuild, archive: Path | None, count: int
    ) -> Iterator[list[subprocess.Popen[bytes]]]:
        """They start while the tables are made, and wait for a word. On SQLite, or if one is enough, there are none."""
        if count == 1 or rebuild.spare.live.vendor != "postgresql":
            yield []
            return
        processes = [self._worker(rebuild, archive, number, count) for number in range(count)]
        try:
            yield processes
        finally:
            for process in processes:
                process.terminate()
                process.communicate()

    def _fill(
        self, rebuild: Rebuild, archive: Path | None, processes: Sequence[subprocess.Popen[bytes]]
    ) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:,.0f}/s"),
            TimeRemainingColumn(),
        )
        console = Console(stderr=True)
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("Rebuilding", total=rebuild.heads(), completed=rebuild.applied(), rate=0)
            if not processes:
                for events in rebuild.fill(archive=archive):
                    bar.advance(task, events)
                    bar.update(task, rate=bar.tasks[0].speed or 0)
                return
            for process in processes:
                assert process.stdin
                with suppress(BrokenPipeError):  # it has ended already, which its exit code says
                    process.stdin.write(GO)
                    process.stdin.flush()
            while any(process.poll() is None for process in processes):
                time.sleep(LOOK_EVERY)
                bar.update(task, completed=rebuild.applied(), rate=bar.tasks[0].speed or 0)
        if any(process.returncode == NO_LOG for process in processes):
            raise CommandError(f"the log cannot fill the tables, see above. {WITHOUT_THE_LOG}")
        if any(process.returncode for process in processes):
            raise CommandError(
                "a worker ended before its time, see above: the same command goes on from there"
            )

    def _worker(
        self, rebuild: Rebuild, archive: Path | None, number: int, workers: int
    ) -> subprocess.Popen[bytes]:
        arguments = [rebuild.subscription.name, "--worker", str(number), "--of", str(workers)]
        arguments += ["--parent", str(os.getpid())]
        if archive:
            arguments += ["--archive", str(archive)]
        return subprocess.Popen(  # noqa: S603
            [sys.executable, sys.argv[0], "fill_spare_tables", *arguments],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C at a terminal is for this process, which ends them
        )

    def _undo(self, rebuild: Rebuild, archive: Path | None) -> None:
        if not rebuild.spare.exists() or rebuild.spare.state() != PREVIOUS:
            raise CommandError("no tables from before a rebuild are kept, so there is nothing to go back to")
        rebuild.spare.create()
        if archive:
            rebuild.apply_archive(archive)
        rebuild.exchange()
        self.console.print(
            "The tables from before serve again, with all that came since. Those that served until now are kept: "
            "--undo has them serve again, --discard drops them."
        )

    def _discard(self, spare: Spare) -> None:
        there = spare.exists()
        spare.drop()
        self.console.print("Dropped the spare tables." if there else "There are no spare tables.")

    def _show(self, differences: Sequence[TableDifference]) -> None:
        table = Table("table", "serving", "rebuilt", "only serving", "only rebuilt")
        table.columns[0].no_wrap = True
        for column in table.columns[1:]:
            column.justify = "right"
        for one in differences:
            figures = (one.served, one.made, one.only_served, one.only_made)
            table.add_row(one.table, *(f"{figure:,}" for figure in figures))
        self.console.print(table)
        for one in differences:
            for where, row in one.examples:
                values = ", ".join(f"{column} {value}" for column, value in row.items())
                self.console.print(f"{one.table}, {where}: {values}")


def announce_everything(subscription: Subscription, *, stdout: Any) -> None:
    for topic in subscription.topics:
        try:
            call_command("announce", topic, rate=0, batch=5_000, stdout=stdout)
        except CommandError as error:  # whose advice is for whoever calls it alone
            if isinstance(error.__cause__, KeyboardInterrupt):
                raise error.__cause__ from None
            raise
    number_everything()


def number_everything() -> None:
    from event_bus.outbox.numbering import AT_ONCE, number_committed_events

    while number_committed_events() >= AT_ONCE:
        pass
