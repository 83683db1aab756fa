"""Pass 2: what is staged becomes products, users and orders, a batch per transaction, through their operations."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from orders.importing import LineToImport, OrderToImport, import_orders
from orders.models import Order
from products.images import store_verified
from products.importing import ProductToImport, import_products
from shop_import.batches import batches_of, let_others_write
from shop_import.staging import Staging
from users.operations import import_users

Advance = Callable[[int], None]


@dataclass
class Imported:
    """What this run has added, and what was there before it."""

    products: int = 0
    users: int = 0
    orders: int = 0
    lines: int = 0
    present: int = 0

    @property
    def events(self) -> int:
        return self.products + self.users + self.orders


class ShopImport:
    """Adds one staged set. Ids that exist are left alone, so a second run adds what an interrupted one did not."""

    def __init__(self, folder: Path, staging: Staging, *, currency: str) -> None:
        self.folder, self.staging, self.currency = folder, staging, currency
        self.imported = Imported()
        self._product_id = lru_cache(maxsize=50_000)(lambda external: self.id_of("product", external))
        self._user_id = lru_cache(maxsize=50_000)(lambda external: self.id_of("user", external))
        self._stored_picture = lru_cache(maxsize=10_000)(self._store_picture)

    def id_of(self, kind: str, external: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"shop-import/{self.folder.name}/{kind}/{external}")

    def import_products(self, advance: Advance) -> None:
        for batch in batches_of(self._products()):
            added = import_products(batch)
            self.imported.products += added
            self._count(added, batch, advance)

    def import_users(self, advance: Advance) -> None:
        for batch in batches_of(map(self._user_id, self.staging.users())):
            added = import_users(batch)
            self.imported.users += added
            self._count(added, batch, advance)

    def import_orders(self, advance: Advance) -> None:
        for batch in batches_of(self._orders(), weight=lambda order: len(order.lines)):
            ids = [order.order_id for order in batch]
            known = set(Order.objects.filter(id__in=ids).values_list("id", flat=True))
            added = import_orders(batch)
            self.imported.orders += added
            self.imported.lines += sum(len(order.lines) for order in batch if order.order_id not in known)
            self._count(added, batch, advance)

    def _count(self, added: int, batch: Sequence[object], advance: Advance) -> None:
        self.imported.present += len(batch) - added
        advance(len(batch))
        if added:
            let_others_write()

    def _products(self) -> Iterator[ProductToImport]:
        for external, title, image, price in self.staging.products():
            yield ProductToImport(
                product_id=self._product_id(external),
                title=title,
                price=Decimal(price),
                currency=self.currency,
                image=self._stored_picture(image) if image else "",
            )

    def _orders(self) -> Iterator[OrderToImport]:
        for (external, user_id, placed_at), rows in groupby(
            self.staging.ordered_lines(), key=itemgetter(0, 1, 2)
        ):
            yield OrderToImport(
                order_id=self.id_of("order", external),
                user_id=self._user_id(user_id),
                placed_at=datetime.fromisoformat(placed_at),
                currency=self.currency,
                lines=tuple(
                    LineToImport(
                        product_id=self._product_id(product), quantity=quantity, unit_price=Decimal(price)
                    )
                    for _, _, _, product, quantity, price in rows
                ),
            )

    def _store_picture(self, image: str) -> str:
        return store_verified((self.folder / image).resolve())
