"""manage.py import_shop: a folder of CSV files becomes products, users and orders."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from sqlite3 import Error as StagingError
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from event_bus.garbage import rare_garbage_collection
from products.images import NotAPicture
from shop_import.checking import UnusableSet, check, shop_files
from shop_import.importing import Imported, ShopImport
from shop_import.progress import phase
from shop_import.reading import ShopFile
from shop_import.rejecting import first_problems, reason_counts, write_rejects
from shop_import.staging import Staging


class Command(BaseCommand):
    help = "Import the products, users and orders of a folder. Importing it twice changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder",
            metavar="DIR",
            type=Path,
            help="with products.csv, orders.csv and lines.csv, each maybe .gz",
        )
        parser.add_argument(
            "--on-error",
            choices=("abort", "skip"),
            default="abort",
            help="when rows are faulty: import nothing (abort, the default), or all others (skip)",
        )
        parser.add_argument(
            "--rejects",
            metavar="FILE",
            type=Path,
            help="CSV file for the rows that skip leaves out, with reasons",
        )

    def handle(self, *, folder: Path, on_error: str, rejects: Path | None, **options: Any) -> None:
        started_at = monotonic()
        folder, skip = _existing(folder), on_error == "skip"
        files = shop_files(folder)
        _check_rejects(rejects, files, skip=skip)
        try:
            with rare_garbage_collection(), Staging(settings.DATA_DIR) as staging:
                self._check(folder, files, staging, skip=skip)
                self._report(staging, files, skip=skip, rejects=rejects)
                imported = self._import(folder, staging)
        except (OSError, StagingError) as error:
            raise CommandError(
                f"{error}\nNothing is half written. Solve that, then run this again."
            ) from error
        except KeyboardInterrupt:
            self.stderr.write("Interrupted before anything was imported.")
            sys.exit(130)
        self.stdout.write(_summary(folder, imported, monotonic() - started_at))

    def _check(self, folder: Path, files: dict[str, ShopFile], staging: Staging, *, skip: bool) -> None:
        size = sum(file.size for file in files.values())
        try:
            with phase(self.stdout, "reading", total=size, unit=" bytes") as advance:
                check(folder, files, staging, leave_out=skip, on_progress=advance)
        except UnusableSet as error:
            self.stderr.write(str(error))
            raise CommandError("Nothing was imported. Correct these files, then run this again.") from error

    def _report(
        self, staging: Staging, files: dict[str, ShopFile], *, skip: bool, rejects: Path | None
    ) -> None:
        if not (count := staging.rejected_count()):
            return
        for problem in first_problems(staging, files):
            self.stderr.write(problem)
        if not skip:
            raise CommandError(
                f"{count:,} {'problem' if count == 1 else 'problems'}, nothing was imported. Correct the files, or "
                "leave such rows out: manage.py import_shop … --on-error skip --rejects FILE"
            )
        if rejects:
            write_rejects(rejects, staging, files)
        self.stdout.write(f"{count:,} rows left out{f', see {rejects}' if rejects else ''}:")
        for line in reason_counts(staging, files):
            self.stdout.write(line)

    def _import(self, folder: Path, staging: Staging) -> Imported:
        shop = ShopImport(folder, staging, currency=settings.SHOP_CURRENCY)
        steps = (
            ("products", staging.product_count(), shop.import_products),
            ("users", staging.user_count(), shop.import_users),
            ("orders", staging.order_count(), shop.import_orders),
        )
        try:
            for name, total, step in steps:
                with phase(self.stdout, name, total=total) as advance:
                    step(advance)
        except KeyboardInterrupt:
            self.stderr.write(f"Interrupted. {_done(folder, shop.imported)} Run this again for the rest.")
            sys.exit(130)
        except (DatabaseError, NotAPicture) as error:
            raise CommandError(
                f"{error}\n{_done(folder, shop.imported)} Solve that (disk space? manage.py migrate?), then run "
                "this again for the rest."
            ) from error
        return shop.imported


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise CommandError(
            f"{folder} is no folder. Give the one that holds products.csv, orders.csv and lines.csv."
        )
    return folder.resolve()


def _check_rejects(rejects: Path | None, files: dict[str, ShopFile], *, skip: bool) -> None:
    if rejects is None:
        return
    if not skip:
        raise CommandError("--rejects goes with --on-error skip; without it nothing is left out.")
    if rejects.resolve() in {file.path.resolve() for file in files.values()}:
        raise CommandError(f"{rejects} is to be imported; give --rejects another file.")


def _done(folder: Path, imported: Imported) -> str:
    return (
        f"{folder.name}: {imported.products:,} products, {imported.users:,} users, "
        f"{imported.orders:,} orders with {imported.lines:,} lines imported "
        f"({imported.present:,} were there already), {imported.events:,} events announced."
    )


def _summary(folder: Path, imported: Imported, seconds: float) -> str:
    return f"{_done(folder, imported).removesuffix('.')} in {seconds:.1f} s"
