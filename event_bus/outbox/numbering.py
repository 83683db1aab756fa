"""Positions are given after commit, so that no reader's "last one I saw" can skip a late committer."""

from django.db import connections, router, transaction

from event_bus.outbox.models import OutboxEvent
from event_bus.row_statements import for_update

AT_ONCE = 5_000
"""Events numbered in one transaction."""

_ANY_LEFT = "SELECT 1 FROM outbox_outboxevent WHERE position IS NULL LIMIT 1"
_LOCK = "SELECT id FROM outbox_partition ORDER BY id"

# Window and UPDATE … FROM alike on PostgreSQL and SQLite; the ORM can say neither in an update.
_NUMBER = """
UPDATE outbox_outboxevent SET position = numbered.position
FROM (
    SELECT event.id, lane.head + row_number() OVER (PARTITION BY event.partition_id ORDER BY event.id) AS position
    FROM (SELECT id, partition_id FROM outbox_outboxevent WHERE position IS NULL ORDER BY id LIMIT %s) AS event
    JOIN outbox_partition AS lane ON lane.id = event.partition_id
) AS numbered
WHERE outbox_outboxevent.id = numbered.id
"""

# The last position of a partition is one step into its index.
_MOVE_HEADS = """
UPDATE outbox_partition SET head = numbered.last
FROM (
    SELECT id, (SELECT max(position) FROM outbox_outboxevent WHERE partition_id = lane.id) AS last
    FROM outbox_partition AS lane
) AS numbered
WHERE outbox_partition.id = numbered.id AND outbox_partition.head < numbered.last
"""


def number_committed_events() -> int:
    """Give the next positions of their partitions to what has committed, oldest first.

    Returns how many were numbered: fewer than AT_ONCE means that nothing committed earlier is left.
    """
    alias = router.db_for_write(OutboxEvent)
    connection = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(_ANY_LEFT)
        if not cursor.fetchone():
            return 0
        with transaction.atomic(using=alias):
            # The lock comes before the statement that reads: what committed while it was waited for is seen.
            cursor.execute(f"{_LOCK} {for_update(connection, no_key=True)}")
            cursor.execute(_NUMBER, [AT_ONCE])
            numbered = int(cursor.rowcount)
            cursor.execute(_MOVE_HEADS)
    return numbered
