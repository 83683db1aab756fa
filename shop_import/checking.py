"""Pass 1: everything is read, checked and staged before anything is imported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from shop_import.batches import batches_of
from shop_import.pictures import picture_fault
from shop_import.reading import Row, ShopFile, UnusableFile
from shop_import.rules import apply_consequences, apply_rules
from shop_import.staging import Staging
from shop_import.validating import InvalidRow, Values, line_from, order_from, product_from

CHUNK = 2_000  # rows
COLUMNS = {
    "products": ("product_id", "title", "image"),
    "orders": ("order_id", "user_id", "placed_at"),
    "lines": ("order_id", "line_no", "product_id", "quantity", "unit_price"),
}
PARSERS: dict[str, Callable[[Values], tuple[Any, ...]]] = {
    "products": product_from,
    "orders": order_from,
    "lines": line_from,
}


class UnusableSet(Exception):
    """At least one file of the set is missing or broken as a whole."""

    def __init__(self, files: list[UnusableFile]) -> None:
        super().__init__("\n".join(map(str, files)))
        self.files = files


def shop_files(folder: Path) -> dict[str, ShopFile]:
    return {kind: ShopFile(folder, kind, columns=columns) for kind, columns in COLUMNS.items()}


def check(
    folder: Path,
    files: dict[str, ShopFile],
    staging: Staging,
    *,
    leave_out: bool,
    on_progress: Callable[[int], None] = lambda size: None,
) -> None:
    """Stage what can be imported and what cannot. With `leave_out`, also what has to go with the latter.

    Calls `on_progress` with the number of bytes read since the last call. Raises UnusableSet.
    """
    unusable = []
    for kind, file in files.items():
        try:
            _stage(kind, file, staging, on_progress=on_progress)
        except UnusableFile as error:
            unusable.append(error)
    if unusable:
        raise UnusableSet(unusable)
    _check_pictures(folder, staging)
    staging.add_indexes()
    apply_rules(staging)
    if leave_out:
        apply_consequences(staging)


def _stage(kind: str, file: ShopFile, staging: Staging, *, on_progress: Callable[[int], None]) -> None:
    told = 0
    for rows in batches_of(file.rows(), size=CHUNK):
        good, bad = [], []
        for row in rows:
            try:
                good.append((row.line, row.text, *_parsed(kind, row)))
            except InvalidRow as error:
                order_id = _printable(row.values.get("order_id", ""))
                bad.append((kind, row.line, error.reason, error.value, _printable(row.text), order_id))
        staging.add(kind, good)
        staging.add("rejected", bad)
        on_progress(file.bytes_read - told)
        told = file.bytes_read


def _parsed(kind: str, row: Row) -> tuple[Any, ...]:
    if row.flaw:
        raise InvalidRow(row.flaw)
    return PARSERS[kind](row.values)


def _printable(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _check_pictures(folder: Path, staging: Staging) -> None:
    """Each file once, however many products show it."""
    for image in staging.images():
        if fault := picture_fault(folder, image):
            staging.add_picture_fault(image, fault)
