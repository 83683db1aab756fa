"""Positions are given after commit, so that no reader's "last one I saw" can skip a late committer."""

from django.db import connections, router, transaction

from event_bus.outbox.models import OutboxEvent, Partition

AT_ONCE = 5_000
"""Events numbered in one transaction."""

# Window and UPDATE … FROM alike on PostgreSQL and SQLite; the ORM can say neither in an update.
_NUMBER = """
UPDATE outbox_outboxevent SET position = numbered.position
FROM (
    SELECT event.id, lane.head + row_number() OVER (PARTITION BY event.partition_id ORDER BY event.id) AS position
    FROM (SELECT id, partition_id FROM outbox_outboxevent WHERE position IS NULL ORDER BY id LIMIT %s) AS event
    JOIN outbox_partition AS lane ON lane.id = event.partition_id
) AS numbered
WHERE outbox_outboxevent.id = numbered.id
RETURNING outbox_outboxevent.partition_id, outbox_outboxevent.position
"""


def number_committed_events() -> int:
    """Give the next positions of their partitions to what has committed, oldest first.

    Returns how many were numbered: fewer than AT_ONCE means that nothing committed earlier is left.
    """
    if not OutboxEvent.objects.filter(position=None).exists():
        return 0
    alias = router.db_for_write(OutboxEvent)
    with transaction.atomic(using=alias):
        # The lock comes before the statement that reads: what committed while it was waited for is seen.
        partitions = {row.id: row for row in Partition.objects.select_for_update(no_key=True).order_by("id")}
        with connections[alias].cursor() as cursor:
            cursor.execute(_NUMBER, [AT_ONCE])
            numbered = cursor.fetchall()
        for partition_id, position in numbered:
            partitions[partition_id].head = max(partitions[partition_id].head, position)
        Partition.objects.bulk_update(
            [partitions[id] for id in {partition_id for partition_id, _ in numbered}], ["head"]
        )
    return len(numbered)
