"""Archives: runs of the log as compressed JSON lines, for whoever needs events that were pruned."""

import fcntl
import gzip
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from event_bus.messages import Batch, Run

SUFFIX = ".jsonl.gz"


class ArchiveDamaged(ValueError):
    """A file does not hold what was written, or what its name says."""


@contextmanager
def changing(folder: Path) -> Iterator[None]:
    """While inside, nobody else writes there: what is read from the log or a file stays what it is until it is written.

    The folder is made if need be, and what a killed process has left in it is removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for unfinished in folder.glob(f".*{SUFFIX}.*"):
            unfinished.unlink()
        yield


def write_archive(folder: Path, batch: Batch) -> Path:
    """One file a run: written beside, flushed to the disk, read back, and only then given its name.

    Inside `changing`.
    """
    path = folder / f"{batch.topic}-{batch.partition}-{batch.first:015}-{batch.last:015}{SUFFIX}"
    _write(path, batch)
    return path


def read_archive(folder: Path, topic: str = "*") -> Iterator[Batch]:
    """Every run, or every one of a topic, by topic, partition and position. Raises ArchiveDamaged."""
    for path in sorted(folder.glob(f"{topic}-*{SUFFIX}")):
        yield read_file(path)


def runs_in(folder: Path) -> Iterator[Run]:
    """What the names of its files say that it holds. Raises ArchiveDamaged."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            topic, partition, first, last = path.name.removesuffix(SUFFIX).split("-")
            yield Run(topic=topic, partition=int(partition), first=int(first), last=int(last))
        except ValueError as error:
            raise ArchiveDamaged(
                f"{path} is not named as `prune_events --archive` names its files"
            ) from error


def remove_from_archive(folder: Path, is_about: Callable[[dict[str, Any]], bool]) -> int:
    """Take out the events that `is_about` picks; their positions count as removed. Returns how many those were.

    Raises ArchiveDamaged once all that can be read is done.
    """
    removed = 0
    damaged: list[ArchiveDamaged] = []
    with changing(folder):
        for path in sorted(folder.glob(f"*{SUFFIX}")):
            try:
                removed += _remove_from_file(path, is_about)
            except ArchiveDamaged as error:
                damaged.append(error)
    if damaged:
        raise ArchiveDamaged(
            f"{'; '.join(map(str, damaged))} (from the other files {removed:,} events were removed)"
        )
    return removed


def _remove_from_file(path: Path, is_about: Callable[[dict[str, Any]], bool]) -> int:
    batch = read_file(path)
    kept = [event for event in batch.events if not is_about(event)]
    if len(kept) < len(batch.events):
        _write(path, batch.model_copy(update={"events": kept}))
    return len(batch.events) - len(kept)


def read_file(path: Path) -> Batch:
    """Raises ArchiveDamaged."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            head = json.loads(next(lines))
            events = [json.loads(line) for line in lines]
    except (OSError, EOFError, ValueError, StopIteration) as error:
        raise ArchiveDamaged(f"{path}: {error}") from error
    if len(events) != head.pop("count"):
        raise ArchiveDamaged(f"{path} holds {len(events)} events, which is not what it says")
    return Batch(**head, events=events)


def _write(path: Path, batch: Batch) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    head = {**batch.model_dump(mode="json", exclude={"events"}), "count": len(batch.events)}
    try:
        with beside.open("wb") as raw:
            with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as file:
                for line in (head, *batch.events):
                    file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
            raw.flush()
            os.fsync(raw.fileno())
        if read_file(beside) != batch:
            raise ArchiveDamaged(f"{beside} does not hold what was written")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
