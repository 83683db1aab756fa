"""`python -m benchmarks.speed.pipeline.limit`: the same rows, written by one process that has them already."""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import django

from benchmarks.speed.offering import PRODUCTS, product_of, title_of
from benchmarks.speed.pipeline import cpu

BATCH = 500


def main() -> None:
    """Answers each line of standard input, how many changes to write, with a line of JSON."""
    django.setup()
    from django.db import connections

    from event_bus.inbox.upserting import keep_newest
    from order_history.models import HistoryProduct

    def write(rows: Sequence[Mapping[str, Any]]) -> None:
        for start in range(0, len(rows), BATCH):
            keep_newest(HistoryProduct, rows[start : start + BATCH], key=["product_id"])

    write([_row(number) for number in range(PRODUCTS)])
    with connections["order_history"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        processes = [cpu.parent_of(cursor.fetchone()[0]), cpu.OWN]
        print("ready", flush=True)
    made = 0
    for line in sys.stdin:
        rows = [_row(number) for number in range(PRODUCTS + made, PRODUCTS + made + int(line))]
        made += len(rows)
        before, began = cpu.seconds_of(processes), time.monotonic()
        write(rows)
        took, cost = time.monotonic() - began, cpu.seconds_of(processes) - before
        print(json.dumps({"rate": len(rows) / took, "cost": 1000 * cost / len(rows)}), flush=True)


def _row(change: int) -> dict[str, Any]:
    product, title = product_of(change), title_of(change)
    return {
        "product_id": product,
        "title": title,
        "folded_title": title.casefold(),
        "image": f"products/{product.hex}.webp",
        "withdrawn": False,
        "version": change // PRODUCTS + 1,
    }


if __name__ == "__main__":
    main()
