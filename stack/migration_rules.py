"""`python -m stack.migration_rules`: refuses new migrations that would stop or break what runs meanwhile.

A migration that has to do it all the same says why, by the name that this prints:

    allowed = {"RemoveField order.note": "no release since 12 has read or written it"}
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import django
from django.apps import apps
from django.db.migrations import Migration
from django.db.migrations import operations as django_operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import CheckConstraint, Field
from django.db.models.fields import NOT_PROVIDED

from stack import CODE_DIR

OLD: Mapping[str, int] = {
    "inbox": 6,
    "order_history": 4,
    "orders": 1,
    "outbox": 6,
    "products": 3,
    "users": 2,
}
"""The last migration of each app that was written before these rules."""

Verdict = tuple[str, str]
"""What is done (`RemoveField order.note`), and why not to."""

GONE = "processes of the release before still use it: take it away a release after the code that does"
RENAMED = (
    "processes of the release before know the old name: add the new one, fill it, and drop the old one later"
)
PREPARED = "statements that connections have prepared fail once the type of a column they return is another"
LOCKS = "nobody can write to the table meanwhile"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.shop")
    django.setup()
    found = list(complaints_of_all())
    for complaint in found:
        print(complaint, file=sys.stderr)
    if found:
        print("docs/operations.md says how to do it instead (“Migrations”).", file=sys.stderr)
    return 1 if found else 0


def complaints_of_all() -> Iterator[str]:
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if _is_ours(app) and _number(name) > OLD.get(app, 0):
            yield from complaints(migration, loader.project_state((app, name), at_end=False))


def _is_ours(app: str) -> bool:
    path = Path(apps.get_app_config(app).path)
    return path.is_relative_to(CODE_DIR) and "site-packages" not in path.parts


def complaints(migration: Migration, before: ProjectState) -> Iterator[str]:
    """A sentence for each rule that is broken, and for each permission that allows nothing."""
    allowed: Mapping[str, str] = getattr(migration, "allowed", {})
    verdicts = [verdict for verdict in _verdicts(migration, before) if verdict[0] not in allowed]
    for what, why in verdicts:
        yield f"{migration}: {what}: {why}"
    done = {what for what, _ in _verdicts(migration, before)}
    for what in sorted(set(allowed) - done):
        yield f"{migration}: {what} is allowed and not done"


def _verdicts(migration: Migration, before: ProjectState) -> Iterator[Verdict]:
    new_tables: set[str] = set()
    state = before.clone()
    is_schema = {_changes_schema(operation) for operation in migration.operations}
    for operation in migration.operations:
        if isinstance(operation, django_operations.CreateModel):
            new_tables.add(operation.name_lower)
        for why in _reasons(operation, state, migration.app_label, new_tables, mixed=len(is_schema) == 2):
            yield _name(operation), why
        operation.state_forwards(migration.app_label, state)


def _reasons(
    operation: Operation, state: ProjectState, app: str, new_tables: set[str], *, mixed: bool
) -> Iterator[str]:
    if isinstance(operation, django_operations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from _reasons(inner, state, app, new_tables, mixed=mixed)
    elif isinstance(operation, django_operations.RunPython | django_operations.RunSQL):
        if not operation.reversible:
            yield "there is no way back: give it a reverse, if only noop"
        if mixed:
            yield "rows and tables change in one transaction, which locks both: a migration each"
    elif isinstance(operation, django_operations.RemoveField | django_operations.DeleteModel):
        yield GONE
    elif isinstance(
        operation,
        django_operations.RenameField | django_operations.RenameModel | django_operations.AlterModelTable,
    ):
        yield RENAMED
    elif _model_of(operation) not in new_tables:
        yield from _of_table_in_use(operation, state, app)


def _of_table_in_use(operation: Operation, state: ProjectState, app: str) -> Iterator[str]:
    if isinstance(operation, django_operations.AddField):
        field = operation.field
        if not (field.null or field.many_to_many) and field.db_default is NOT_PROVIDED:
            yield "processes of the release before insert rows without it: make it null, or give it a db_default"
        if field.unique or getattr(field, "db_index", False):
            yield f"its index is built at once, and {LOCKS}: without it, then AddIndexWithoutLock"
    elif isinstance(operation, django_operations.AlterField):
        before = state.models[app, operation.model_name_lower].fields[operation.name]
        yield from _of_altered(before, operation.field)
    elif isinstance(operation, django_operations.AddIndex):
        if not hasattr(operation, "_ensure_not_in_transaction"):  # Django's mixin of what works CONCURRENTLY
            yield f"{LOCKS}: event_bus.indexes.AddIndexWithoutLock, in a migration with atomic = False"
    elif isinstance(operation, django_operations.AddConstraint):
        is_check = isinstance(operation.constraint, CheckConstraint)
        if type(operation) is django_operations.AddConstraint:
            how = "AddConstraintNotValid, then ValidateConstraint" if is_check else "a unique index first"
            yield f"every row is looked at, and {LOCKS}: {how}"


def _of_altered(before: Field, after: Field) -> Iterator[str]:
    if before.null and not after.null:
        yield f"every row is looked at, and {LOCKS}; rows and processes of the release before may have null"
    if before.get_internal_type() != after.get_internal_type() or _is_shorter(before, after):
        yield f"every row is written anew, and {LOCKS}: add another column, fill it, and change over"
    elif getattr(before, "max_length", None) != getattr(after, "max_length", None):
        yield f"{PREPARED}: add another column, fill it, and change over; or restart all at once"


def _is_shorter(before: Field, after: Field) -> bool:
    longest = getattr(after, "max_length", None)
    return longest is not None and longest < (getattr(before, "max_length", None) or longest)


def _changes_schema(operation: Operation) -> bool:
    return not isinstance(operation, django_operations.RunPython | django_operations.RunSQL)


def _name(operation: Operation) -> str:
    of = [_model_of(operation), getattr(operation, "name_lower", "") if _has_model(operation) else ""]
    return " ".join([type(operation).__name__, ".".join(filter(None, of))]).rstrip()


def _has_model(operation: Operation) -> bool:
    return hasattr(operation, "model_name_lower")


def _model_of(operation: Operation) -> str:
    return str(getattr(operation, "model_name_lower", getattr(operation, "name_lower", "")))


def _number(name: str) -> int:
    found = re.match(r"\d+", name)
    return int(found[0]) if found else sys.maxsize


if __name__ == "__main__":
    sys.exit(main())
