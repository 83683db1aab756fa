"""Makes changes; each puts a message in the outbox, in its own transaction."""

from uuid import UUID

import django
from django.db import transaction

from benchmarks.speed.offering import serve


def main() -> None:
    django.setup()
    from reliable_outbox import publish

    from benchmarks.speed.peers.reliable_outbox.shop.models import Product

    @transaction.atomic
    def change(product_id: UUID, title: str) -> None:
        product = Product.objects.select_for_update().get(id=product_id)
        product.title = title
        product.version += 1
        product.save()
        state = {"id": product.id, "title": title, "image": product.image, "version": product.version}
        publish("product.changed", state, key=str(product.id))

    serve(change)


if __name__ == "__main__":
    main()
