"""`python -m benchmarks.speed.pipeline.changing`: changes products of the shop, as its API does."""

from uuid import UUID

import django

from benchmarks.speed.offering import serve


def main() -> None:
    django.setup()
    from products.operations import change_product

    def change(product: UUID, title: str) -> None:
        change_product(product_id=product, title=title)

    serve(change)


if __name__ == "__main__":
    main()
