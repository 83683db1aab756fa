"""A log full of made-up orders, with their positions, of which as much as one likes has been announced."""

import random
import uuid
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg

from event_bus.outbox.payloads import compress
from orders.events import OrderPlaced

TOPIC = "orders"
PRODUCTS, ORDERS_OF_A_USER, LINES = 2_000, 5, 2
PLACED_AT = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 10_000

Order = tuple[int, uuid.UUID, bytes]
"""The checksum of its key, its id and its payload."""


class Log:
    """Of one topic. Positions beyond a partition's head stand in the table and are not announced yet."""

    def __init__(self, url: str, *, partitions: int, events: int) -> None:
        """`events` times an order that nobody has placed yet."""
        self._url, self._events = url, events
        self._announced = 0
        with psycopg.connect(url) as connection:
            ids: dict[int, int] = dict(
                connection.execute(
                    "INSERT INTO outbox_partition (topic, number, head, pruned)"
                    " SELECT %s, number, 0, 0 FROM generate_series(0, %s) AS number RETURNING number, id",
                    [TOPIC, partitions - 1],
                ).fetchall()
            )
            _copy(connection, ids, events)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE outbox_outboxevent")

    def announce(self, events: int) -> None:
        """So many more, the same share of each partition, as if they had just been numbered."""
        self._announced += events
        with psycopg.connect(self._url) as connection:
            connection.execute(
                "UPDATE outbox_partition SET head = coalesce("
                " (SELECT max(position) FROM outbox_outboxevent WHERE partition_id = outbox_partition.id), 0)"
                " * %s::bigint / %s WHERE topic = %s",
                [self._announced, self._events, TOPIC],
            )

    def announced(self) -> int:
        """Events, to the last one: shares are rounded."""
        with psycopg.connect(self._url) as connection:
            [total] = connection.execute(
                "SELECT sum(head) FROM outbox_partition WHERE topic = %s", [TOPIC]
            ).fetchone() or [0]
        return int(total)


def _copy(connection: psycopg.Connection, ids: dict[int, int], events: int) -> None:
    positions: Counter[int] = Counter()
    columns = "partition_id, position, type, subject, recorded_at, data"
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY outbox_outboxevent ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int2", "int8", "varchar", "uuid", "timestamptz", "bytea"])
        for checksum, order_id, payload in _orders(events):
            number = checksum % len(ids)
            positions[number] += 1
            row = (ids[number], positions[number], OrderPlaced.type, order_id, PLACED_AT, payload)
            copy.write_row(row)


def _orders(count: int) -> Iterator[Order]:
    with ProcessPoolExecutor() as processes:
        starts = range(0, count, AT_ONCE)
        for orders in processes.map(partial(_some, count), starts):
            yield from orders


def _some(count: int, start: int) -> list[Order]:
    return [_order(number) for number in range(start, min(start + AT_ONCE, count))]


def _order(number: int) -> Order:
    """The same one each time, except for its id."""
    dice = random.Random(number)
    user_id, order_id = uuid.UUID(int=zlib.crc32(b"%d" % (number // ORDERS_OF_A_USER)) << 64), uuid.uuid4()
    data: dict[str, Any] = {
        "version": 1,
        "order_id": str(order_id),
        "user_id": str(user_id),
        "placed_at": PLACED_AT.isoformat(),
        "cancelled_at": None,
        "lines": [
            {
                "product_id": str(uuid.UUID(int=product << 64)),
                "quantity": 1,
                "unit_price": "9.9900",
                "currency": "USD",
            }
            for product in dice.sample(range(PRODUCTS), LINES)
        ],
    }
    return zlib.crc32(user_id.bytes), order_id, compress(data)
