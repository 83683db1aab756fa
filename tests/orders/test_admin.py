from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from orders.operations import LineToOrder, place_order
from products.operations import create_product
from tests.products.announced import announced_types
from users.models import User
from users.operations import sign_up

LIST = "admin:orders_order_changelist"

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com"))
    return client


@pytest.fixture
def order(user, lamp):
    return place_order(user_id=user.id, lines=[LineToOrder(lamp.id, 3)], at=timezone.now())


def test_an_order_and_its_lines_can_be_seen_and_not_edited(admin, order):
    page = admin.get(reverse("admin:orders_order_change", args=[order.id]))

    assert str(order.lines.get().product_id) in page.content.decode()
    assert admin.post(reverse("admin:orders_order_change", args=[order.id]), {}).status_code == 403
    assert admin.get(reverse("admin:orders_order_add")).status_code == 403
    assert admin.post(reverse("admin:orders_order_delete", args=[order.id])).status_code == 403


def test_cancelling_announces(admin, order):
    admin.post(reverse(LIST), {"action": "cancel", "_selected_action": [str(order.id)], "confirmed": "yes"})

    assert Order.objects.get().cancelled_at is not None
    assert announced_types()[-1] == "orders.order_cancelled.v1"


def test_an_order_that_cannot_be_cancelled_is_named(admin, user, lamp):
    old = place_order(user_id=user.id, lines=[LineToOrder(lamp.id, 1)], at=datetime(2020, 1, 1, tzinfo=UTC))

    page = admin.post(
        reverse(LIST),
        {"action": "cancel", "_selected_action": [str(old.id)], "confirmed": "yes"},
        follow=True,
    )

    assert "more than 14 days ago" in page.content.decode()
    assert Order.objects.get().cancelled_at is None


@pytest.mark.parametrize(("wanted", "found"), [("{0.id}", 1), ("{0.user_id}", 1), ("nonsense", 0), ("", 1)])
def test_orders_are_found_by_their_id_or_their_users(admin, order, wanted, found):
    page = admin.get(reverse(LIST), {"q": wanted.format(order)})

    assert page.context["cl"].result_count == found


def test_cancelling_asks_first(admin, order):
    asked = admin.post(reverse(LIST), {"action": "cancel", "_selected_action": [str(order.id)]})

    assert "Cancel 1 order?" in " ".join(asked.content.decode().split())
    assert Order.objects.get().cancelled_at is None


def test_lines_cannot_be_written_through_the_order(admin, order):
    line = order.lines.get()

    admin.post(
        reverse("admin:orders_order_change", args=[order.id]),
        {
            "lines-TOTAL_FORMS": 1,
            "lines-INITIAL_FORMS": 1,
            "lines-0-id": line.pk,
            "lines-0-order": order.pk,
            "lines-0-number": 1,
            "lines-0-quantity": 99,
            "lines-0-DELETE": "on",
        },
    )

    assert order.lines.get().quantity == 3
    assert announced_types()[-1] == "orders.order_placed.v1"


def test_who_may_only_look_cannot_cancel(order):
    staff = sign_up(email="staff@example.com", password=None, is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_order"))
    onlooker = Client()
    onlooker.force_login(staff)

    onlooker.post(
        reverse(LIST), {"action": "cancel", "_selected_action": [str(order.id)], "confirmed": "yes"}
    )

    page = onlooker.get(reverse("admin:orders_order_change", args=[order.id])).content.decode()
    assert "Lamp" in page
    assert 'value="cancel"' not in page
    assert Order.objects.get().cancelled_at is None


def test_an_order_costs_the_same_queries_however_many_lines(admin, user, django_assert_max_num_queries):
    def cost(lines):
        products = [create_product(title=f"Mug {n}", price=Decimal(1)) for n in range(lines)]
        placed = place_order(
            user_id=user.id, lines=[LineToOrder(one.id, 1) for one in products], at=timezone.now()
        )
        with django_assert_max_num_queries(50) as captured:
            admin.get(reverse("admin:orders_order_change", args=[placed.id]))
        return len(captured)

    assert cost(1) == cost(15)


def test_an_order_leads_to_its_customer(admin, order):
    page = admin.get(reverse("admin:orders_order_change", args=[order.id])).content.decode()

    assert reverse("admin:users_user_change", args=[order.user_id]) in page
