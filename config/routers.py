"""Which app's tables stand in which database."""

from typing import Any

from django.db.models import Model

from event_bus.rebuilding.table_sets import current, spare_of
from order_history import replica

HISTORY_APPS = {"order_history", "inbox"}


class AppRouter:
    """The order history and its inbox live in a database of their own; everything else in `default`."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        alias = self._alias(model._meta.app_label)
        return replica.REPLICA if alias == "order_history" and replica.is_read_from() else alias

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return self._alias(model._meta.app_label)

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool:
        return self._alias(obj1._meta.app_label) == self._alias(obj2._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db in (self._alias(app_label), spare_of(self._alias(app_label)))

    def _alias(self, app_label: str) -> str:
        return current("order_history") if app_label in HISTORY_APPS else "default"
