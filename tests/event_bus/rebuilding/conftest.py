import pytest
from django.utils import timezone

from event_bus.rebuilding.spares import spare_beside
from orders.operations import LineToOrder, cancel_order, place_order
from products.operations import change_product, create_product
from tests.event_bus.rebuilding.doing import everything_arrives
from users.operations import erase_user, sign_up


@pytest.fixture(autouse=True)
def no_spare_tables_left(transactional_db, django_db_blocker):
    with django_db_blocker.unblock():  # their alias comes and goes, so no mark can name it
        yield
    with spare_beside("order_history") as spare:
        spare.drop()


@pytest.fixture
def shop():
    """A product renamed, two customers, three orders, one of them cancelled, one customer erased; all applied."""
    teapot, lamp = create_product(title="Teapot", price="12.50"), create_product(title="Lamp", price="30")
    ann, bob = (sign_up(email=f"{name}@example.com", password=None) for name in ("ann", "bob"))
    for user in (ann, bob):
        place_order(user_id=user.id, lines=[LineToOrder(teapot.id, 1)], at=timezone.now())
    regretted = place_order(user_id=ann.id, lines=[LineToOrder(lamp.id, 2)], at=timezone.now())
    cancel_order(order_id=regretted.id, at=timezone.now())
    change_product(product_id=teapot.id, title="Blue teapot")
    erase_user(user_id=bob.id, at=timezone.now())
    everything_arrives()
    return {"teapot": teapot, "lamp": lamp, "ann": ann, "bob": bob}
