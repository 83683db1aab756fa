"""`python -m benchmarks.speed.pipeline.plain.changing`: changes products, and sends a task about each."""

from uuid import UUID

import django
from django.db import connection, transaction

from benchmarks.speed.offering import serve
from benchmarks.speed.pipeline.plain.app import app

CHANGE = "UPDATE product SET title = %s, version = version + 1 WHERE id = %s RETURNING image, version"


def main() -> None:
    django.setup()
    app.set_default()
    from benchmarks.speed.pipeline.plain.tasks import keep_newest

    def change(product: UUID, title: str) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(CHANGE, [title, product])
                image, version = cursor.fetchone()
            transaction.on_commit(lambda: keep_newest.delay(str(product), title, image, version))

    serve(change)


if __name__ == "__main__":
    main()
