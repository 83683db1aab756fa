"""What empties PostgreSQL after a test that commits: only tables that hold rows are touched."""

from typing import Any

from django.db.backends.postgresql.operations import DatabaseOperations

_truncate = DatabaseOperations.sql_flush


def delete_instead_of_truncating() -> None:
    """TRUNCATE makes new files for each table and each index of it, whether it held a row or not."""
    DatabaseOperations.sql_flush = _delete  # type: ignore[method-assign, assignment]


def _delete(
    self: DatabaseOperations,
    style: Any,
    tables: list[str],
    *,
    reset_sequences: bool = False,
    allow_cascade: bool = False,
) -> list[str]:
    """One round trip. Foreign keys are looked at when it commits, so that tables may come in any order."""
    if reset_sequences or allow_cascade or not tables:
        return _truncate(self, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade)
    deletes = (
        f"IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; END IF;"
        for name in map(self.quote_name, tables)
    )
    return [f"DO $$ BEGIN {' '.join(deletes)} END $$"]
