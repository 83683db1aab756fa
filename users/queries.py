"""What other apps may ask about users."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connections
from django.db.models.expressions import RawSQL

from event_bus.relations import as_relations
from users.models import User


def get_erased(user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these users who asked to be forgotten."""
    wanted, users = list(set(user_ids)), User.objects.filter(erased_at__isnull=False)
    connection, fields = connections[users.db], [User._meta.get_field("id")]
    erased: set[UUID] = set()
    for relation, parameters in as_relations(connection, fields, [wanted]):
        some = users.filter(id__in=RawSQL(relation, parameters))  # noqa: S611
        erased.update(some.values_list("id", flat=True))
    return erased
