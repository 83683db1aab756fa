"""What differs between the tables that serve and the spare ones, at one and the same cut of the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

SHOWN = 5
"""Rows of each kind."""


@dataclass(frozen=True)
class TableDifference:
    table: str
    served: int
    """Rows that serve now."""
    made: int
    """Rows in the spare set."""
    only_served: int
    only_made: int
    """Rows that the other set has not, or has otherwise."""
    examples: list[tuple[str, dict[str, Any]]]
    """("served" or "made", the row), a few."""

    @property
    def same(self) -> bool:
        return not self.only_served and not self.only_made


def compare(
    connection: BaseDatabaseWrapper, sets: tuple[str, str], tables: Sequence[type[models.Model]]
) -> list[TableDifference]:
    """Inside one snapshot."""
    return [_compare(connection, sets, model) for model in tables]


def _compare(
    connection: BaseDatabaseWrapper, sets: tuple[str, str], model: type[models.Model]
) -> TableDifference:
    table = model._meta.db_table
    columns = [
        str(field.column) for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)
    ]
    served, made = (f"SELECT {', '.join(columns)} FROM {where}{table}" for where in sets)  # noqa: S608
    only_served, examples_served = _left_over(connection, served, made, columns)
    only_made, examples_made = _left_over(connection, made, served, columns)
    return TableDifference(
        table=table,
        served=_count(connection, served),
        made=_count(connection, made),
        only_served=only_served,
        only_made=only_made,
        examples=[("served", row) for row in examples_served] + [("made", row) for row in examples_made],
    )


def _left_over(
    connection: BaseDatabaseWrapper, these: str, those: str, columns: Sequence[str]
) -> tuple[int, list[dict[str, Any]]]:
    left_over = f"SELECT * FROM ({these} EXCEPT {those}) AS left_over"  # noqa: S608
    count = _count(connection, left_over)
    if not count:
        return 0, []
    with connection.cursor() as cursor:
        cursor.execute(f"{left_over} ORDER BY 1, 2 LIMIT {SHOWN}")
        return count, [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _count(connection: BaseDatabaseWrapper, select: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({select}) AS counted")  # noqa: S608
        return int(cursor.fetchone()[0])
