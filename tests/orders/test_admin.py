from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Order
from orders.operations import LineToOrder, place_order
from tests.products.announced import announced_types
from users.models import User

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
