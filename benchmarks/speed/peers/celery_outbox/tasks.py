"""What the reading side does with a change."""

from typing import Any

from celery import shared_task
from django.db import connection

KEEP_NEWEST = """
    INSERT INTO product_copy AS known (id, title, image, version) VALUES (%s, %s, %s, %s)
    ON CONFLICT (id) DO UPDATE SET title = excluded.title, image = excluded.image, version = excluded.version
    WHERE known.version < excluded.version
"""


@shared_task(name="products.keep")
def keep(*state: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(KEEP_NEWEST, state)
