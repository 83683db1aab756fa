"""Makes changes; each puts a task in the outbox, in its own transaction."""

from uuid import UUID

import django
from django.db import transaction

from benchmarks.speed.offering import serve


def main() -> None:
    django.setup()
    from benchmarks.speed.peers.celery_outbox.celery import app
    from benchmarks.speed.peers.celery_outbox.shop.models import Product

    @transaction.atomic
    def change(product_id: UUID, title: str) -> None:
        product = Product.objects.select_for_update().get(id=product_id)
        product.title = title
        product.version += 1
        product.save()
        app.send_task("products.keep", (str(product.id), title, product.image, product.version))

    serve(change)


if __name__ == "__main__":
    main()
