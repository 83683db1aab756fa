import pytest
from django.test import Client
from django.urls import reverse

from products.models import Product
from tests.products.announced import announced_types, last_announced
from tests.products.pictures import upload
from users.models import User

LIST = "admin:products_product_changelist"

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com"))
    return client


def test_adding_a_product_announces_it(admin):
    response = admin.post(
        reverse("admin:products_product_add"),
        {"title": "Lamp", "price": "3", "currency": "EUR", "image": upload()},
    )

    assert response.status_code == 302
    assert last_announced()["image"] == Product.objects.get().image.name
    assert announced_types()[-1] == "products.product_created.v1"


def test_editing_a_product_announces_it(admin, product):
    response = admin.post(
        reverse("admin:products_product_change", args=[product.id]),
        {"title": "Big lamp", "price": "12.50", "seen": 1},
    )

    assert response.status_code == 302
    assert announced_types()[-1] == "products.product_changed.v1"
    assert last_announced()["title"] == "Big lamp"


def test_a_picture_can_be_taken_away(admin, product):
    change = reverse("admin:products_product_change", args=[product.id])
    admin.post(change, {"title": "Lamp", "price": "12.50", "image": upload(), "seen": 1})

    admin.post(change, {"title": "Lamp", "price": "12.50", "image-clear": "on", "seen": 2})

    assert last_announced()["image"] is None
    assert last_announced()["version"] == 3


def test_a_file_that_is_no_picture_is_an_error_in_the_form(admin, product):
    response = admin.post(
        reverse("admin:products_product_change", args=[product.id]),
        {"title": "Lamp", "price": "1", "image": upload(b"<svg/>")},
    )

    assert response.status_code == 200
    assert "image" in response.context["adminform"].form.errors


def test_withdrawing_announces_and_says_what_was_withdrawn_already(admin, product):
    wish = {"action": "withdraw", "_selected_action": [str(product.id)], "confirmed": "yes"}
    admin.post(reverse(LIST), wish)

    response = admin.post(reverse(LIST), wish, follow=True)

    assert announced_types()[-1] == "products.product_withdrawn.v1"
    assert "was withdrawn at" in response.content.decode()


def test_products_cannot_be_deleted(admin, product):
    assert admin.post(reverse("admin:products_product_delete", args=[product.id])).status_code == 403


def test_the_list_can_be_searched(admin, product):
    response = admin.get(reverse(LIST), {"q": "lam"})

    assert "Lamp" in response.content.decode()
