"""Writes cannot bypass the bus: querysets of announcing models refuse silent bulk writes."""

from typing import Any, NoReturn, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class SilentWrite(RuntimeError):
    """A bulk write would have changed rows without announcing it."""


class AnnouncedQuerySet(models.QuerySet[M]):
    """Reads like any queryset; changes go through the app's `operations`, which announce them."""

    def unguarded(self) -> models.QuerySet[M]:
        """For operations that publish every change in the same transaction."""
        plain: models.QuerySet[M] = models.QuerySet(self.model, using=self.db)
        plain.query = self.query.chain()
        return plain

    def update(self, **_: Any) -> NoReturn:
        self._refuse("update")

    def delete(self) -> NoReturn:
        self._refuse("delete")

    def bulk_create(self, *_: Any, **__: Any) -> NoReturn:
        self._refuse("bulk_create")

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        self._refuse("bulk_update")

    def _refuse(self, write: str) -> NoReturn:
        meta = self.model._meta
        raise SilentWrite(
            f"{meta.object_name}.objects.{write}() would announce nothing: use {meta.app_label}.operations "
            "(or .unguarded(), inside an operation that publishes every change)"
        )
