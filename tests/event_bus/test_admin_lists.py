"""Every list of the admin: never counted, the same queries for many rows as for few, ordered by an index."""

import re
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connections
from django.db.models import DateTimeField
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from event_bus.admin_lists import LAST_PAGE, page_address
from order_history.models import OrderedProduct
from tests.order_history.facts import ANN, BOB, TEAPOT, day
from users.models import User
from users.operations import import_users, sign_up

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])

LARGE = sorted(
    (model for model in admin.site._registry if model is not Permission), key=lambda model: model._meta.label
)
USERS = "/admin/users/user/"
ORDERED = "/admin/order_history/orderedproduct/"


@pytest.fixture
def client():
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com"))
    return client


def ordered(user=ANN, product=TEAPOT, times=1, at=1):
    return OrderedProduct.objects.create(
        user_id=user,
        product_id=product,
        times_ordered=times,
        quantity=times,
        first_ordered_at=day(at),
        last_ordered_at=day(at),
    )


def queries_of(client, model, query=""):
    """What the list asks of the table of its model."""
    connection = connections[model._base_manager.db]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(
            reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist") + query
        )
    assert response.status_code == 200
    table = f'FROM "{model._meta.db_table}"'
    return [one["sql"] for one in captured if table in one["sql"]]


@pytest.mark.parametrize("model", LARGE, ids=lambda model: model._meta.label)
def test_no_list_counts(client, model):
    for sql in queries_of(client, model):
        assert "COUNT(" not in sql or "deadletter" in sql


@pytest.mark.parametrize("model", LARGE, ids=lambda model: model._meta.label)
def test_no_list_loads_anything_from_elsewhere(client, model):
    page = client.get(reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist"))

    found = re.findall(r"""(?:src|href)=["']?(https?:)?//""", page.content.decode())
    assert found == []


def test_the_queries_are_the_same_for_many_rows(client):
    def cost(address):
        with (
            CaptureQueriesContext(connections["default"]) as shop,
            CaptureQueriesContext(connections["order_history"]) as history,
        ):
            client.get(address)
        return len(shop) + len(history)

    ordered()
    few = [cost(USERS), cost(ORDERED), cost(f"{ORDERED}?product={TEAPOT}")]
    import_users([uuid4() for _ in range(120)])
    for _ in range(60):
        ordered(user=uuid4())

    assert [cost(USERS), cost(ORDERED), cost(f"{ORDERED}?product={TEAPOT}")] == few


def test_pages_follow_each_other_and_say_how_many_were_seen(client):
    import_users([uuid4() for _ in range(109)])

    first, second, third = (client.get(USERS, {"p": number}) for number in (1, 2, 3))

    assert [str(page.context["cl"].result_count) for page in (first, second, third)] == ["50+", "100+", "110"]
    assert 'rel="next" href="?p=2"' in first.content.decode()
    assert 'rel="next"' not in third.content.decode()
    shown = [row.pk for page in (first, second, third) for row in page.context["cl"].result_list]
    assert len(set(shown)) == 110


@pytest.mark.parametrize("number", [0, -1, LAST_PAGE + 1])
def test_a_page_that_is_none_leads_to_the_first(client, number):
    assert client.get(USERS, {"p": number}).status_code == 302


def test_what_a_user_ordered_stands_newest_first(client):
    old, new = ordered(at=1), ordered(product=uuid4(), at=2)
    ordered(user=BOB)

    assert list(client.get(ORDERED, {"user_id": ANN}).context["cl"].result_list) == [new, old]


def test_who_ordered_a_product_stands_by_count(client):
    once, often = ordered(user=ANN, times=1), ordered(user=BOB, times=5)
    ordered(product=uuid4(), times=9)

    assert list(client.get(ORDERED, {"product": TEAPOT}).context["cl"].result_list) == [often, once]


@pytest.mark.parametrize("wanted", [ANN, TEAPOT, str(ANN).upper(), f" {ANN} "])
def test_a_whole_id_finds_and_a_part_of_one_does_not(client, wanted):
    row = ordered()
    ordered(user=BOB, product=uuid4())

    assert list(client.get(ORDERED, {"q": wanted}).context["cl"].result_list) == [row]
    assert list(client.get(ORDERED, {"q": str(ANN)[:8]}).context["cl"].result_list) == []


def test_more_words_than_a_database_takes_find_nothing(client):
    assert client.get("/admin/products/product/", {"q": "a " * 1500}).status_code == 200


def test_a_row_of_a_product_not_heard_of_can_be_looked_at(client):
    row = ordered()

    assert client.get(f"{ORDERED}{row.pk}/change/").status_code == 200


def test_read_models_and_bus_tables_are_read_only(client):
    ours = [model for model in LARGE if model._meta.app_label in ("outbox", "inbox", "order_history")]

    assert len(ours) >= 9
    for model in ours:
        name = model._meta.label_lower.replace(".", "_")
        assert client.get(reverse(f"admin:{name}_add")).status_code == 403
        assert client.post(reverse(f"admin:{name}_delete", args=[1])).status_code == 403


def test_an_address_of_a_page_that_is_not_installed_is_none():
    assert page_address("admin:no_such_page") is None


def test_who_may_not_see_the_history_is_not_led_there():
    staff = sign_up(email="staff@example.com", password=None, is_staff=True)
    staff.user_permissions.add(*Permission.objects.filter(codename__in=["view_product", "view_user"]))
    client = Client()
    client.force_login(staff)

    assert ORDERED not in client.get(USERS).content.decode()
    assert ORDERED not in client.get(f"{USERS}{staff.pk}/change/").content.decode()
    assert ORDERED not in client.get("/admin/products/product/").content.decode()


def test_the_sidebar_shows_only_what_somebody_may_see(client):
    staff = sign_up(email="staff@example.com", password=None, is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_order"))
    other = Client()
    other.force_login(staff)

    assert "/admin/orders/order/" in other.get("/admin/").content.decode()
    assert "/admin/inbox/deadletter/" not in other.get("/admin/").content.decode()
    assert "/admin/inbox/deadletter/" in client.get("/admin/").content.decode()


SORTED = {
    "products.Product": ["", "?withdrawn_at__isempty=0"],
    "users.User": ["", "?is_staff__exact=1", "?erased_at__isempty=1"],
    "orders.Order": ["", "?cancelled_at__isempty=1", "?placed_at__gte=2026-01-01+00:00:00Z"],
    "outbox.OutboxEvent": ["", "?partition__id__exact=1"],
    "outbox.Dispatch": [""],
    "inbox.Delivery": [""],
    "inbox.DeadLetter": ["", "?state=all"],
    "order_history.HistoryProduct": [""],
    "order_history.HistoryUser": [""],
    "order_history.HistoryOrderLine": [""],
    "order_history.OrderedProduct": ["", f"?user_id={ANN}", f"?product={TEAPOT}"],
}
SOUGHT = {
    "users.User": ["ada", str(ANN)],
    "orders.Order": [str(ANN)],
    "outbox.OutboxEvent": [str(ANN)],
    "inbox.DeadLetter": [f"{ANN}&state=all"],
    "order_history.HistoryUser": [str(ANN)],
    "order_history.HistoryOrderLine": [str(ANN)],
    "order_history.OrderedProduct": [str(ANN)],
}


def plan_of(client, label, query, *, unsorted=False):
    """How PostgreSQL reads the page if it avoids reading and sorting a whole table wherever it can.

    (An incremental sort puts rows in order that an index has left equal, a few at a time.)
    """
    model = next(model for model in LARGE if model._meta.label == label)
    address = reverse(f"admin:{label.lower().replace('.', '_')}_changelist") + query
    changelist = client.get(address, follow=True).context["cl"]
    with connections[model._base_manager.db].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        rows = changelist.queryset.order_by() if unsorted else changelist.queryset
        return rows[:51].explain()


@pytest.mark.postgres
@pytest.mark.parametrize(("label", "query"), [(label, query) for label in SORTED for query in SORTED[label]])
def test_a_page_is_read_in_the_order_of_an_index(client, label, query):
    plan = plan_of(client, label, query)

    assert not re.search(r"(?<!Incremental )Sort  ", plan)
    assert f"Seq Scan on {label.lower().replace('.', '_')}" not in plan


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("label", "wanted"), [(label, wanted) for label in SOUGHT for wanted in SOUGHT[label]]
)
def test_a_search_reads_an_index(client, label, wanted):
    plan = plan_of(client, label, f"?q={wanted}", unsorted=True)

    assert "Index Cond" in plan
    assert f"Seq Scan on {label.lower().replace('.', '_')}" not in plan


@pytest.mark.parametrize("model", LARGE, ids=lambda model: model._meta.label)
def test_a_filter_that_no_row_can_be_compared_with_is_left_out_and_said_so(client, model):
    address = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
    bad = {
        f"{field.name}__year": "99999999"
        for field in model._meta.concrete_fields
        if isinstance(field, DateTimeField)
    }
    filters = bad or {f"{model._meta.pk.name}__exact": "nonsense"}

    for name, value in filters.items():
        response = client.get(address, {name: value}, follow=True)

        assert response.status_code == 200
        assert "That page or filter does not exist" in response.content.decode()
