"""The timeline in the admin and in the API."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from event_bus.inbox.receiving import receive
from event_bus.outbox.models import OutboxEvent
from event_bus.outbox.relay import relay
from orders import operations as orders
from products import operations as products
from tests.event_bus.dead_lettering import BrokenTitles
from users import operations as users

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])

PAGE = "/admin/event-bus/timeline/"
API = "/api/v1/event-bus/timeline/"


@pytest.fixture
def boss():
    return users.sign_up(email="boss@example.com", password=None, is_staff=True, is_superuser=True)


@pytest.fixture
def page(boss):
    client = Client()
    client.force_login(boss)
    return lambda **query: client.get(PAGE, query).content.decode()


@pytest.fixture
def teapot(cursors):
    return products.create_product(title="<b>Teapot</b>", price="12.50")


def deliver(queued):
    relay()
    for message in queued():
        receive(message, at=timezone.now())


def test_the_page_asks_what_is_looked_for(page):
    assert "Where is it?" in page()
    assert "the id of an order" in page(of="my order")


def test_the_page_shows_the_answer_and_harms_nobody(page, teapot, queued):
    deliver(queued)

    html = page(of=teapot.id)

    assert "Product created: it arrived, applied by order_history." in html
    assert "&lt;b&gt;Teapot&lt;/b&gt;" in html
    assert "<b>Teapot" not in html
    assert f"/admin/order_history/historyproduct/?q={teapot.id}" in html


def test_the_sidebar_marks_the_page_that_is_open_and_no_other(page):
    for _ in range(2):  # what is worked out for one request must not stay for the next
        marked = re.findall(r'href="(/admin/event-bus/[^"]*)"[^>]*class="[^"]*\bactive\b', page())
        assert marked == [PAGE]


def test_only_staff_who_may_see_the_log_see_it(boss, teapot):
    clerk = users.sign_up(email="clerk@example.com", password=None, is_staff=True)
    client = Client()
    assert client.get(PAGE).status_code == 302

    client.force_login(clerk)
    assert client.get(PAGE).status_code == 403

    clerk.user_permissions.add(Permission.objects.get(codename="view_outboxevent"))
    client.force_login(clerk)
    assert client.get(PAGE).status_code == 200


def test_the_pages_of_rows_lead_to_it(boss, teapot, queued, monkeypatch):
    BrokenTitles(monkeypatch).titles.add("<b>Teapot</b>")
    ann = users.sign_up(email="ann@example.com", password=None)
    line = orders.LineToOrder(product_id=teapot.id, quantity=1)
    order = orders.place_order(user_id=ann.id, lines=[line], at=timezone.now())
    deliver(queued)
    event = OutboxEvent.objects.get(subject=teapot.id)
    client = Client()
    client.force_login(boss)

    for address, of in {
        f"/admin/products/product/{teapot.id}/change/": teapot.id,
        f"/admin/users/user/{ann.id}/change/": ann.id,
        f"/admin/orders/order/{order.id}/change/": order.id,
        "/admin/outbox/outboxevent/": event.pk,
        f"/admin/outbox/outboxevent/{event.pk}/change/": event.pk,
        "/admin/inbox/deadletter/": f"products%2F{event.partition.number}%3A{event.position}",
    }.items():
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert f"{PAGE}?of={of}" in answer.content.decode(), address


def test_the_api_tells_staff_the_same(boss, teapot, queued):
    deliver(queued)
    client = APIClient()
    client.force_authenticate(boss)

    answer = client.get(API, {"of": str(teapot.id)})

    assert answer.status_code == 200
    told = answer.json()
    assert told["state"] == "done"
    steps = told["stories"][0]["ways"][0]["steps"]
    assert [step["name"] for step in steps] == ["sent", "received", "applied"]
    assert steps[0]["at"].endswith("Z")


def test_the_api_refuses_customers_and_nonsense(boss, teapot):
    client = APIClient()
    assert client.get(API, {"of": str(teapot.id)}).status_code == 401
    client.force_authenticate(users.sign_up(email="ann@example.com", password=None))
    assert client.get(API, {"of": str(teapot.id)}).status_code == 403
    client.force_authenticate(boss)

    answer = client.get(API, {"of": "teapot"})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "of"
