"""What a test commits is gone before the next one, on both databases."""

import re

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connections
from django.utils import timezone

from event_bus.outbox.models import Partition
from event_bus.rebuilding.spares import spare_beside
from order_history.models import OrderedProduct
from orders.operations import LineToOrder, place_order
from products.operations import create_product
from tests.in_process import Way
from users.operations import sign_up

DATABASES = ["default", "order_history"]
MADE_BY_MIGRATE = {"auth_permission", "django_content_type", "django_migrations", "outbox_partition"}

pytestmark = pytest.mark.django_db(transaction=True, databases=DATABASES)


def tables_of(connection):
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def tables_with_rows(connection):
    with connection.cursor() as cursor:
        return {name for name in tables_of(connection) if _has_rows(cursor, name)}


def _has_rows(cursor, table):
    cursor.execute(f'SELECT 1 FROM "{table}" LIMIT 1')
    return cursor.fetchone() is not None


@pytest.mark.parametrize("database", DATABASES)
def test_no_table_is_left_out(database):
    connection = connections[database]

    statements = connection.ops.sql_flush(
        no_style(), connection.introspection.django_table_names(only_existing=True)
    )

    emptied = set(re.findall(r'DELETE FROM "(\w+)"', " ".join(statements)))
    assert tables_of(connection) - emptied == {"django_migrations"}


@pytest.mark.parametrize("database", DATABASES)
def test_what_earlier_tests_committed_is_gone(database):
    assert tables_with_rows(connections[database]) <= MADE_BY_MIGRATE
    with spare_beside(database) as spare:
        assert not spare.exists()


def test_after_a_flush_the_databases_are_as_migrated():
    partitions = set(Partition.objects.values_list("topic", "number", "head"))
    user, product = sign_up(email="ann@example.com", password=None), create_product(title="Pot", price="1")
    place_order(user_id=user.id, lines=[LineToOrder(product.id, 1)], at=timezone.now())
    Way().deliver()
    assert OrderedProduct.objects.exists()

    for database in DATABASES:
        call_command("flush", database=database, reset_sequences=False, interactive=False, verbosity=0)

    assert all(tables_with_rows(connections[database]) <= MADE_BY_MIGRATE for database in DATABASES)
    assert set(Partition.objects.values_list("topic", "number", "head")) == partitions
    assert partitions == {(topic, number, 0) for topic, number, _ in partitions}
    assert len(partitions) > 1
