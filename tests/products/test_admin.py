import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from products import admin as products_admin
from products import operations
from products.models import Product
from tests.products.announced import announced_types, last_announced
from tests.products.pictures import upload
from users.models import User
from users.operations import sign_up

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


def test_an_edit_of_an_outdated_form_is_refused(admin, product):
    change = reverse("admin:products_product_change", args=[product.id])
    admin.post(change, {"title": "Big lamp", "price": "12.50", "seen": 1})

    response = admin.post(change, {"title": "Lamp", "price": "13", "seen": 1})

    assert "changed this product meanwhile" in response.content.decode()
    assert Product.objects.get().title == "Big lamp"


def test_an_edit_that_is_overtaken_while_it_is_saved_is_refused(admin, product, monkeypatch):
    change_product = operations.change_product

    def overtaken(**wish):
        change_product(product_id=product.id, title="Big lamp")
        return change_product(**wish)

    monkeypatch.setattr(operations, "change_product", overtaken)

    response = admin.post(
        reverse("admin:products_product_change", args=[product.id]),
        {"title": "Lamp", "price": "13", "seen": 1},
        follow=True,
    )

    assert "Nothing was saved" in response.content.decode()
    assert Product.objects.get().price == product.price


def test_withdrawing_asks_first_and_names_what_it_is_about(admin, product):
    asked = admin.post(reverse(LIST), {"action": "withdraw", "_selected_action": [str(product.id)]})

    assert "Withdraw 1 product?" in " ".join(asked.content.decode().split())
    assert "Lamp" in asked.content.decode()
    assert announced_types()[-1] == "products.product_created.v1"


def test_what_was_listed_is_what_is_withdrawn_and_the_others_are_named(admin, product):
    others = [operations.create_product(title=f"Chair {n}", price=product.price) for n in range(2)]
    operations.withdraw_product(product_id=product.id, at=timezone.now())
    listed = [product, others[0]]

    page = admin.post(
        reverse(LIST),
        {"action": "withdraw", "_selected_action": [str(one.id) for one in listed], "confirmed": "yes"},
        follow=True,
    )

    assert next(str(message) for message in page.context["messages"]) == "1 product withdrawn."
    assert "was not withdrawn: Lamp was withdrawn at" in page.content.decode()
    assert set(Product.objects.on_offer()) == {others[1]}


def test_a_product_offers_to_be_withdrawn_until_it_is(admin, product):
    page = reverse("admin:products_product_change", args=[product.id])

    assert 'value="withdraw"' in admin.get(page).content.decode()
    operations.withdraw_product(product_id=product.id, at=timezone.now())
    assert 'value="withdraw"' not in admin.get(page).content.decode()


def test_who_may_only_look_can_withdraw_and_edit_nothing(product):
    staff = sign_up(email="staff@example.com", password=None, is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_product"))
    onlooker = Client()
    onlooker.force_login(staff)
    change = reverse("admin:products_product_change", args=[product.id])

    onlooker.post(
        reverse(LIST), {"action": "withdraw", "_selected_action": [str(product.id)], "confirmed": "yes"}
    )
    edited = onlooker.post(change, {"title": "Mine", "price": "1", "seen": 1})

    assert edited.status_code == 403
    assert "withdraw" not in onlooker.get(change).content.decode().lower().replace("withdrawn", "")
    assert announced_types()[0] == "products.product_created.v1"
    assert announced_types()[1:] == ["users.user_signed_up.v1"]


def test_deleting_a_selection_is_not_offered(admin, product):
    admin.post(
        reverse(LIST), {"action": "delete_selected", "_selected_action": [str(product.id)], "post": "yes"}
    )

    assert Product.objects.get() == product


def test_a_product_leads_to_who_ordered_it(admin, product):
    address = f"/admin/order_history/orderedproduct/?product={product.id}"

    assert address in admin.get(reverse(LIST)).content.decode()
    assert address in admin.get(reverse("admin:products_product_change", args=[product.id])).content.decode()


def test_without_the_history_there_is_no_way_there(admin, product, monkeypatch):
    monkeypatch.setattr(products_admin, "ORDERED", "admin:not_installed_here")

    assert "orderedproduct/?" not in admin.get(reverse(LIST)).content.decode()
    page = admin.get(reverse("admin:products_product_change", args=[product.id]))
    assert page.status_code == 200
    assert "Who ordered it" not in page.content.decode()
