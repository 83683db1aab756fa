"""CSV files, plain or gzipped, as rows that know where they stand."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple, cast

ROW_LIMIT = 1_000_000  # characters; a file without line ends must not fill the memory
BROKEN_UTF8 = re.compile("[\udc80-\udcff]")


class Row(NamedTuple):
    line: int  # of the file, where the row begins; the header is line 1
    text: str  # as it stands in the file
    values: dict[str, str]
    flaw: str  # why it cannot be used, whatever it says; or ""


class UnusableFile(Exception):
    """A file that no row can be taken from: missing, unreadable, or without a needed column."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.file, self.line, self.reason = file, line, reason


class ShopFile:
    """One file of a set: `name`.csv, or else `name`.csv.gz."""

    def __init__(self, folder: Path, name: str, *, columns: tuple[str, ...]) -> None:
        plain, packed = folder / f"{name}.csv", folder / f"{name}.csv.gz"
        self.path = packed if packed.exists() and not plain.exists() else plain
        self.columns = columns
        self.bytes_read = 0
        self._pending: list[str] = []  # lines of the file that belong to the row being read
        self._pending_size = 0
        self._last_line = 0

    @property
    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def rows(self) -> Iterator[Row]:
        """Raises UnusableFile, at the latest when its end turns out to be missing."""
        try:
            with ExitStack() as closing:
                yield from self._read(closing)
        except FileNotFoundError:
            raise self._unusable("file is missing") from None
        except (OSError, EOFError, zlib.error) as error:
            raise self._unusable(f"cannot be read: {error}") from error

    def _read(self, closing: ExitStack) -> Iterator[Row]:
        raw = closing.enter_context(self.path.open("rb"))
        binary = closing.enter_context(gzip.GzipFile(fileobj=raw)) if self.path.suffix == ".gz" else raw
        stream = closing.enter_context(
            io.TextIOWrapper(cast(IO[bytes], binary), "utf-8-sig", errors="surrogateescape", newline="")
        )
        parsed = self._parsed(stream)
        names = self._header(next(parsed, None))
        for line, text, values, flaw in parsed:
            self.bytes_read = raw.tell()
            complete = len(values) == len(names)
            if not flaw and not complete:
                flaw = f"has {len(values)} fields where the header has {len(names)}"
            yield Row(line, text, dict(zip(names, values, strict=True)) if complete else {}, flaw)

    def _header(self, header: tuple[int, str, list[str], str] | None) -> list[str]:
        _, _, values, flaw = header or (1, "", [], "")
        names = [value.strip() for value in values]
        if flaw:
            raise self._unusable(flaw)
        if missing := [column for column in self.columns if column not in names]:
            raise self._unusable(f"column is missing: {', '.join(missing)}")
        if twice := sorted({name for name in names if name and names.count(name) > 1}):
            raise self._unusable(f"column stands twice: {', '.join(twice)}")
        return names

    def _parsed(self, stream: io.TextIOWrapper) -> Iterator[tuple[int, str, list[str], str]]:
        reader = csv.reader(self._lines(stream), strict=True)
        while True:
            line, values, flaw = reader.line_num + 1, [], ""
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                flaw = f"is not CSV ({error})"
            text = self._taken()
            if values or flaw:
                yield line, text, values, _encoding_flaw(text) or flaw

    def _lines(self, stream: io.TextIOWrapper) -> Iterator[str]:
        while line := stream.readline(ROW_LIMIT):
            self._last_line += 1
            self._pending.append(line)
            self._pending_size += len(line)
            if self._pending_size >= ROW_LIMIT:
                raise self._unusable(f"row is longer than {ROW_LIMIT:,} characters")
            yield line

    def _taken(self) -> str:
        text = "".join(self._pending)
        self._pending.clear()
        self._pending_size = 0
        return text

    def _unusable(self, reason: str) -> UnusableFile:
        return UnusableFile(self.path.name, max(self._last_line, 1), reason)


def _encoding_flaw(text: str) -> str:
    if not text.isascii() and BROKEN_UTF8.search(text):
        return "broken UTF-8"
    return "contains a NUL byte" if "\0" in text else ""
