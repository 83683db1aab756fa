from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from event_bus.outbox.guarding import SilentWrite
from products.importing import ProductToImport, import_products
from products.models import AlreadyWithdrawn, Product
from products.operations import (
    ProductInvalid,
    StaleVersion,
    change_product,
    create_product,
    withdraw_product,
)
from products.queries import get_offers
from tests.products.announced import announced_types, last_announced
from tests.products.pictures import upload

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def to_import(**fields):
    return ProductToImport(
        **{
            "product_id": uuid4(),
            "title": "Lamp",
            "price": Decimal("1.5"),
            "currency": "EUR",
            "image": "",
            **fields,
        }
    )


def test_creating_a_product_announces_its_full_state():
    product = create_product(title=" Lamp ", price=Decimal("12.5"), image=upload())

    assert announced_types() == ["products.product_created.v1"]
    assert last_announced() == {
        "product_id": str(product.id),
        "title": "Lamp",
        "image": product.image.name,
        "price": "12.5000",
        "currency": "USD",
        "withdrawn": False,
        "version": 1,
    }
    assert default_storage.exists(product.image.name)


def test_a_product_without_a_picture_announces_no_image():
    create_product(title="Lamp", price=Decimal(0))

    assert last_announced()["image"] is None


def test_an_invalid_product_is_refused_with_every_field_named_and_nothing_is_announced():
    with pytest.raises(ProductInvalid) as refusal:
        create_product(title=" ", price=Decimal("-1"), currency="euro", image=upload(b"<svg/>"))

    assert set(refusal.value.message_dict) == {"title", "price", "currency", "image"}
    assert not Product.objects.exists()
    assert announced_types() == []


@pytest.mark.parametrize("price", [Decimal("0.00001"), Decimal("1e20"), Decimal("NaN")])
def test_a_price_that_the_database_would_round_is_refused(price):
    with pytest.raises(ProductInvalid):
        create_product(title="Lamp", price=price)


def test_changing_a_product_announces_its_full_state_under_the_next_version(product):
    changed = change_product(product_id=product.id, title="Big lamp", expected_version=1)

    product.refresh_from_db()
    assert (changed.title, product.title, product.version) == ("Big lamp", "Big lamp", 2)
    assert announced_types()[1:] == ["products.product_changed.v1"]
    assert last_announced()["version"] == 2
    assert last_announced()["price"] == "12.5000"


def test_a_change_that_changes_nothing_keeps_the_version_and_announces_nothing(product):
    change_product(product_id=product.id, title="Lamp", price=Decimal("12.5"), image=None)

    product.refresh_from_db()
    assert product.version == 1
    assert announced_types() == ["products.product_created.v1"]


def test_a_picture_can_be_given_and_taken_away(product):
    given = change_product(product_id=product.id, image=upload())
    taken = change_product(product_id=product.id, image=None)

    assert given.image.name.startswith("products/")
    assert taken.image.name == ""
    assert taken.version == 3


def test_a_change_of_a_version_that_is_no_longer_present_is_refused(product):
    change_product(product_id=product.id, title="Big lamp")

    with pytest.raises(StaleVersion, match="at version 2, not 1"):
        change_product(product_id=product.id, title="Small lamp", expected_version=1)

    assert last_announced()["title"] == "Big lamp"


def test_an_invalid_change_announces_nothing(product):
    with pytest.raises(ProductInvalid):
        change_product(product_id=product.id, title="x" * 201)

    assert announced_types() == ["products.product_created.v1"]


def test_an_unknown_product_cannot_be_changed():
    with pytest.raises(Product.DoesNotExist):
        change_product(product_id=uuid4(), title="Lamp")


def test_withdrawing_a_product_announces_it(product):
    withdraw_product(product_id=product.id, at=NOON)

    product.refresh_from_db()
    assert product.withdrawn_at == NOON
    assert announced_types()[1:] == ["products.product_withdrawn.v1"]
    assert last_announced()["withdrawn"] is True
    assert last_announced()["version"] == 2


def test_withdrawing_twice_is_refused_and_announces_nothing_more(product):
    withdraw_product(product_id=product.id, at=NOON)

    with pytest.raises(AlreadyWithdrawn):
        withdraw_product(product_id=product.id, at=NOON)

    assert len(announced_types()) == 2


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_announces_nothing():
    with transaction.atomic():
        create_product(title="Lamp", price=Decimal(1))
        transaction.set_rollback(True)

    assert not Product.objects.exists()
    assert announced_types() == []


@pytest.mark.django_db(transaction=True)
def test_a_product_is_not_stored_if_its_event_cannot_be(monkeypatch):
    monkeypatch.setattr("products.operations.publish", lambda event: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        create_product(title="Lamp", price=Decimal(1))

    assert not Product.objects.exists()


@pytest.mark.parametrize(
    "write",
    [
        lambda: Product.objects.update(title="Silent"),
        lambda: Product.objects.on_offer().update(title="Silent"),
        lambda: Product.objects.all().delete(),
        lambda: Product.objects.bulk_create([Product(title="Silent", price=1)]),
        lambda: Product.objects.bulk_update(list(Product.objects.all()), ["title"]),
    ],
)
def test_a_silent_bulk_write_raises(product, write):
    with pytest.raises(SilentWrite, match=r"products\.operations"):
        write()

    assert Product.objects.get().title == "Lamp"


def test_importing_creates_and_announces_what_is_new(django_assert_max_num_queries):
    products = [to_import(title=f"Lamp {n}", image="products/ab.png") for n in range(30)]

    with django_assert_max_num_queries(6):  # savepoint, select, insert, insert into the outbox, savepoint
        created = import_products(products)

    assert created == 30
    assert announced_types() == ["products.product_created.v1"] * 30
    assert last_announced()["image"] == "products/ab.png"
    assert last_announced()["price"] == "1.5000"


def test_importing_twice_changes_nothing_and_announces_nothing_new():
    known = to_import(title="Lamp")
    import_products([known])

    created = import_products([to_import(product_id=known.product_id, title="Another"), known])

    assert created == 0
    assert Product.objects.get().title == "Lamp"
    assert len(announced_types()) == 1


def test_an_import_that_names_a_product_twice_creates_it_once():
    product = to_import()

    assert import_products([product, product]) == 1


def test_an_import_does_not_round_prices():
    with pytest.raises(ValueError, match="at most 4 decimals"):
        import_products([to_import(price=Decimal("0.12345"))])

    assert announced_types() == []


def test_importing_nothing_announces_nothing():
    assert import_products([]) == 0
    assert announced_types() == []


def test_offers_are_found_by_id_withdrawn_ones_too_and_unknown_ones_are_left_out(
    product, django_assert_num_queries
):
    withdraw_product(product_id=product.id, at=NOON)

    with django_assert_num_queries(1):
        offers = get_offers([product.id, uuid4()])

    assert list(offers) == [product.id]
    assert offers[product.id].price == Decimal("12.5000")
    assert offers[product.id].withdrawn
