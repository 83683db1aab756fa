"""What is done with a change: in one transaction with its acknowledgement, hence in the outbox's database."""

from django.db import connection
from reliable_outbox import Envelope, handler

KEEP_NEWEST = """
    INSERT INTO product_copy AS known (id, title, image, version)
    VALUES (%(id)s, %(title)s, %(image)s, %(version)s)
    ON CONFLICT (id) DO UPDATE SET title = excluded.title, image = excluded.image, version = excluded.version
    WHERE known.version < excluded.version
"""


@handler("product.changed")
def keep(envelope: Envelope) -> None:
    with connection.cursor() as cursor:
        cursor.execute(KEEP_NEWEST, envelope.payload)
