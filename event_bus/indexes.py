"""For migrations: an index on a table that is written to meanwhile."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db.migrations.operations import AddIndex


class AddIndexWithoutLock(AddIndexConcurrently):
    """CONCURRENTLY on PostgreSQL, as usual elsewhere. In a migration of its own, with `atomic = False`."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        how = self._kind(schema_editor)
        how.database_forwards(self, app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        how = self._kind(schema_editor)
        how.database_backwards(self, app_label, schema_editor, from_state, to_state)

    def _kind(self, schema_editor: Any) -> type[AddIndex]:
        return AddIndexConcurrently if schema_editor.connection.vendor == "postgresql" else AddIndex
