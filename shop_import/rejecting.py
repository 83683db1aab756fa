"""What was left out and why: for the terminal, and as a file to correct and import again."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from shop_import.reading import ShopFile
from shop_import.staging import Staging

SHOWN = 20


def first_problems(staging: Staging, files: dict[str, ShopFile]) -> Iterator[str]:
    """As file:line: reason."""
    for rejected in islice(staging.rejected(), SHOWN):
        yield f"{files[rejected.kind].path.name}:{rejected.line}: {rejected.reason}"
    if (more := staging.rejected_count() - SHOWN) > 0:
        yield f"… and {more:,} more"


def reason_counts(staging: Staging, files: dict[str, ShopFile]) -> Iterator[str]:
    for kind, reason, count in staging.rejected_by_reason():
        yield f"{count:>9,}  {files[kind].path.name}: {reason}"


def write_rejects(path: Path, staging: Staging, files: dict[str, ShopFile]) -> None:
    """Columns file, line, reason, row: the row as it stood there, without its line end."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "line", "reason", "row"))
        for rejected in staging.rejected():
            name = files[rejected.kind].path.name
            writer.writerow((name, rejected.line, rejected.reason, rejected.row.rstrip("\r\n")))
