from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from orders.models import Order
from products.operations import create_product
from tests.products.announced import announced_types
from users.models import User
from users.operations import sign_up

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def development(settings, tmp_path):
    settings.DEBUG = True
    settings.DATA_DIR = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def made():
    out = StringIO()
    call_command("make_demo_accounts", address="http://127.0.0.1:8001/", stdout=out)
    return out.getvalue()


def test_the_accounts_that_are_printed_can_sign_in(client, tmp_path):
    said = made()

    password = (tmp_path / "secrets" / "demo_password").read_text()
    assert f"admin@example.com     {password}" in said
    assert "http://127.0.0.1:8001/admin/" in said
    assert client.login(username="admin@example.com", password=password)
    assert client.get("/admin/").status_code == 200
    assert client.login(username="customer@example.com", password=password)
    assert client.get("/admin/").status_code == 302


def test_the_password_is_random_and_only_its_owner_reads_it(tmp_path):
    made()

    path = tmp_path / "secrets" / "demo_password"
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_text()) >= 16
    assert [file.name for file in path.parent.iterdir()] == ["demo_password"]


def test_the_customer_has_ordered_once_there_is_something_to_order():
    made()
    assert not Order.objects.exists()
    for number in range(4):
        create_product(title=f"Mug {number}", price=Decimal(5))

    said = made()

    assert "customer, has ordered" in said
    customer = User.objects.get(email="customer@example.com")
    assert {order.user_id for order in Order.objects.all()} == {customer.id}


def test_made_twice_they_are_the_same():
    create_product(title="Mug", price=Decimal(5))
    first = made()
    before = announced_types()

    assert made() == first
    assert announced_types() == before


def test_an_account_that_somebody_else_has_keeps_its_password_and_its_rights():
    sign_up(email="admin@example.com", password="their own words")

    said = made()

    user = User.objects.get(email="admin@example.com")
    assert "(another password)" in said
    assert not user.is_superuser
    assert user.check_password("their own words")


def test_without_debug_there_are_none(settings):
    settings.DEBUG = False

    assert "createsuperuser" in made()
    assert not User.objects.exists()
