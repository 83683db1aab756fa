"""Positions are given after commit, so that no reader's "last one I saw" can skip a late committer."""

from typing import NamedTuple

from django.db import connections, router, transaction

from event_bus.outbox.models import OutboxEvent
from event_bus.relations import as_relations
from event_bus.row_statements import run_with_each

AT_ONCE = 5_000
"""Events numbered in one transaction, at most."""

# One statement, so one moment: whoever numbers later has moved a head that was read here. In order, for the index of
# what waits: statistics taken during a backlog would have PostgreSQL read the whole log for it.
_WAITING = """
SELECT event.id, lane.id, lane.head
FROM outbox_outboxevent AS event JOIN outbox_partition AS lane ON lane.id = event.partition_id
WHERE event.position IS NULL ORDER BY event.id LIMIT %s
"""
# Compare and set, and a lock until the commit: where another relay was faster, its head stands.
_MOVE_HEAD = "UPDATE outbox_partition SET head = %s WHERE id = %s AND head = %s"
_NUMBER = """
WITH given (id, position) AS ({rows})
UPDATE outbox_outboxevent SET position = given.position FROM given WHERE outbox_outboxevent.id = given.id
"""


class _Numbers(NamedTuple):
    """Positions for events, and the heads that they start from and end at, by partition."""

    positions: dict[int, int]
    before: dict[int, int]
    after: dict[int, int]


def number_committed_events(at_most: int = AT_ONCE) -> int:
    """Give the next positions of their partitions to what has committed, oldest first.

    Returns how many were numbered: fewer than `at_most` means that nothing committed earlier is left.
    """
    alias = router.db_for_write(OutboxEvent)
    while numbers := _numbers_for_waiting(alias, at_most):
        with transaction.atomic(using=alias):
            if _move_heads(numbers, alias):
                _store(numbers.positions, alias)
                return len(numbers.positions)
            transaction.set_rollback(True, using=alias)  # another relay was faster: look again
    return 0


def _numbers_for_waiting(alias: str, at_most: int) -> _Numbers | None:
    with connections[alias].cursor() as cursor:
        cursor.execute(_WAITING, [at_most])
        waiting = cursor.fetchall()
    numbers = _Numbers({}, {}, {})
    for event, partition, head in waiting:
        numbers.before[partition] = head
        numbers.after[partition] = numbers.positions[event] = numbers.after.get(partition, head) + 1
    return numbers if waiting else None


def _move_heads(numbers: _Numbers, alias: str) -> bool:
    """All of them or False. In one order, the same for every relay."""
    moves = [(numbers.after[id], id, head) for id, head in sorted(numbers.before.items())]
    return run_with_each(_MOVE_HEAD, moves, using=alias) == len(moves)


def _store(positions: dict[int, int], alias: str) -> None:
    fields = [OutboxEvent._meta.get_field(name) for name in ("id", "position")]
    connection = connections[alias]
    with connection.cursor() as cursor:
        for rows, parameters in as_relations(connection, fields, [[*positions], [*positions.values()]]):
            cursor.execute(_NUMBER.format(rows=rows), parameters)
