"""The handler: the row that an event tells of, unless a newer one stands there."""

from celery import shared_task
from django.db import connections

KEEP_NEWEST = """
INSERT INTO product_view (product_id, title, folded_title, image, withdrawn, version)
VALUES (%s, %s, %s, %s, %s, %s)
ON CONFLICT (product_id) DO UPDATE SET title = excluded.title, folded_title = excluded.folded_title,
image = excluded.image, withdrawn = excluded.withdrawn, version = excluded.version
WHERE product_view.version <= excluded.version
"""


@shared_task
def keep_newest(product_id: str, title: str, image: str, version: int) -> None:
    with connections["view"].cursor() as cursor:
        cursor.execute(KEEP_NEWEST, [product_id, title, title.casefold(), image, False, version])
