"""What people at a terminal read where Django would show them a traceback."""

import os
import re
import select
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.apps import apps
from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError, router

_MISSING = re.compile(
    r'no such table: (?:\w+\.)?"?(?P<sqlite>\w+)|relation "(?:\w+\.)?(?P<postgres>\w+)" does not exist'
)

READER_GONE = 141
"""What a shell calls a command that nobody reads any more: 128 + SIGPIPE."""


def run(arguments: Sequence[str]) -> None:
    with _said_if_not_migrated(), _quiet_once_nobody_reads():
        execute_from_command_line([*arguments])


@contextmanager
def _said_if_not_migrated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        if (table := missing_table(error)) is None:
            raise
        sys.exit(
            f"The table {table} does not exist yet. First run: manage.py migrate --database {_home_of(table)}"
        )


def missing_table(error: Exception) -> str | None:
    """Its name, if that is what the error is about."""
    found = _MISSING.search(str(error))
    return found and (found["sqlite"] or found["postgres"])


def _home_of(table: str) -> str:
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table == table:
            return router.db_for_write(model)
    return "default"


@contextmanager
def _quiet_once_nobody_reads() -> Iterator[None]:
    """`manage.py … | head -1` is no error."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        if not _is_reader_gone():
            raise
        # Python writes the rest when it ends, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(READER_GONE)


def _is_reader_gone() -> bool:
    poll = select.poll()
    poll.register(sys.stdout.fileno(), 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))
