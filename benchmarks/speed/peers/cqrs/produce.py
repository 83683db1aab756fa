"""Makes changes; the library sends them when they have committed."""

from uuid import UUID

import django
from django.db import transaction

from benchmarks.speed.offering import serve


def main() -> None:
    django.setup()
    from benchmarks.speed.peers.cqrs.master.models import Product

    @transaction.atomic
    def change(product_id: UUID, title: str) -> None:
        product = Product.objects.select_for_update().get(id=product_id)
        product.title = title
        product.version += 1
        product.save()

    serve(change)


if __name__ == "__main__":
    main()
