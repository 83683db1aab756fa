"""A database full of rows that were made without the bus: announced, they stand in the history."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from event_bus.outbox import announcing
from event_bus.outbox.models import OutboxEvent
from order_history.models import HistoryProduct, HistoryUser, OrderedProduct
from orders.models import Order, OrderLine
from products.models import Product
from products.operations import change_product, create_product, withdraw_product
from tests.in_process import Way
from tests.products.announced import announced_types, last_announced
from tests.shopping import eventually
from users.models import User

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])


@pytest.fixture
def shop_without_bus():
    """40 products, 8 users (one erased), 60 orders of 1 to 3 lines (every fifth cancelled), written silently."""
    products = [
        Product(title=f"Thing {n}", price=n, currency="EUR", version=1 + n % 4, image=f"products/{n}.png")
        for n in range(40)
    ]
    products[7].withdrawn_at = NOON
    users = [User(email=None, password="!") for _ in range(8)]
    users[3].erased_at, users[3].is_active, users[3].version = NOON, False, 2
    orders = [
        Order(
            user_id=users[n % 8].id,
            currency="EUR",
            placed_at=NOON - timedelta(days=n),
            cancelled_at=NOON if n % 5 == 0 else None,
            version=2 if n % 5 == 0 else 1,
        )
        for n in range(60)
    ]
    lines = [
        OrderLine(order=order, number=k, product_id=products[(n * k) % 40].id, quantity=k, unit_price=1)
        for n, order in enumerate(orders)
        for k in range(1, 2 + n % 3)
    ]
    for model, rows in ((Product, products), (User, users), (Order, orders), (OrderLine, lines)):
        model.objects.unguarded().bulk_create(rows)
    return users


def announce(*args, **options):
    call_command("announce", *args, **{"rate": 0, "batch": 7, **options})


def test_announced_rows_stand_in_the_history_as_if_the_bus_had_always_been_there(shop_without_bus):
    for topic in ("orders", "products", "users"):  # the order does not matter
        announce(topic)
    Way().deliver()

    assert set(
        HistoryProduct.objects.values_list("product_id", "title", "image", "withdrawn", "version")
    ) == {
        (product.id, product.title, product.image.name, product.withdrawn, product.version)
        for product in Product.objects.all()
    }
    assert set(HistoryUser.objects.values_list("user_id", "erased_at", "version")) == set(
        User.objects.values_list("id", "erased_at", "version")
    )
    assert _answers() == _expected_answers()


def test_announcing_again_changes_nothing(shop_without_bus):
    way = Way()
    for _ in range(2):
        for topic in ("products", "users", "orders"):
            announce(topic)
        way.deliver()

    assert _answers() == _expected_answers()


def test_each_row_is_told_by_the_fact_that_made_it_what_it_is(shop_without_bus):
    announce("products")
    announce("users")

    assert Counter(announced_types()) == {
        "products.product_created.v1": 10,
        "products.product_changed.v1": 29,
        "products.product_withdrawn.v1": 1,
        "users.user_signed_up.v1": 7,
        "users.user_erased.v1": 1,
    }


def test_nothing_is_told_of_the_orders_of_an_erased_user(shop_without_bus):
    announce("orders")

    told = {event.data["user_id"] for event in OutboxEvent.objects.all()}
    assert str(shop_without_bus[3].id) not in told
    assert len(told) == 7


def test_only_the_rows_asked_for_are_told(shop_without_bus):
    some = list(Product.objects.values_list("id", flat=True)[:3])

    announce("products", ids=some)

    assert {event.subject for event in OutboxEvent.objects.all()} == set(some)


def test_ids_that_nobody_has_are_named(shop_without_bus):
    known, unknown = Product.objects.values_list("id", flat=True)[0], uuid4()

    with pytest.raises(CommandError, match=f"no such products, so nothing was said of them: {unknown}$"):
        announce("products", ids=[known, unknown])

    assert [event.subject for event in OutboxEvent.objects.all()] == [known]


def test_rows_can_be_chosen_by_when_they_were_made_or_ended(shop_without_bus):
    announce("orders", since=NOON - timedelta(days=4, hours=1))

    recent = {
        order.id
        for order in Order.objects.all()
        if order.cancelled_at or order.placed_at > NOON - timedelta(days=5)
    }
    erased = set(Order.objects.filter(user_id=shop_without_bus[3].id).values_list("id", flat=True))
    assert {event.subject for event in OutboxEvent.objects.all()} == recent - erased


def test_an_interrupted_run_says_where_to_go_on_and_the_rest_completes_it(shop_without_bus, monkeypatch):
    pauses = iter([None, None, KeyboardInterrupt()])

    def sleep(_):
        if pause := next(pauses):
            raise pause

    monkeypatch.setattr(announcing.time, "sleep", sleep)
    with pytest.raises(CommandError, match="21 products announced, then interrupted") as stopped:
        announce("products", rate=1_000_000)
    after = UUID(str(stopped.value).rpartition(" ")[2])
    announce("products", after=after)

    assert stopped.value.returncode == 130
    assert Counter(OutboxEvent.objects.values_list("subject", flat=True)) == Counter(
        Product.objects.values_list("id", flat=True)
    )


def test_no_more_events_a_second_are_told_than_asked_for(shop_without_bus, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(announcing.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(announcing.time, "sleep", lambda pause: clock.__setitem__(0, clock[0] + pause))

    announce("products", rate=20)

    assert clock[0] == pytest.approx(40 / 20)


def test_what_is_read_and_written_grows_with_the_batches_not_the_rows(
    shop_without_bus, django_assert_max_num_queries
):
    with django_assert_max_num_queries(1 + 3 * 6 + 3):  # to count; three batches; one that finds no more
        announce("orders", batch=20)


@pytest.mark.django_db(transaction=True, databases=["default", "order_history"])
def test_a_state_is_never_told_after_a_newer_one_of_the_same_row():
    """Told between two changes, in the log's own order."""
    product = create_product(title="Lamp", price=Decimal(1))
    announce("products")
    change_product(product_id=product.id, title="Lantern")
    announce("products")
    withdraw_product(product_id=product.id, at=NOON)

    versions = [event.data["version"] for event in OutboxEvent.objects.order_by("id")]
    assert versions == [1, 1, 2, 2, 3]
    assert last_announced()["title"] == "Lantern"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases=["default", "order_history"])
def test_a_row_that_somebody_is_changing_is_told_as_it_is_afterwards():
    product = create_product(title="Lamp", price=Decimal(1))
    with ThreadPoolExecutor(1) as pool, psycopg.connect(**_server()) as other:
        other.execute("UPDATE products_product SET title = 'Silent' WHERE id = %s", [product.id])
        telling = pool.submit(_in_thread, lambda: announce("products"))
        eventually(_somebody_waits_for_a_lock, within=10)
        other.commit()
        telling.result(timeout=10)

    assert last_announced()["title"] == "Silent"


def _server():
    given = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: given[key] for name, key in names.items() if given[key]}


def _somebody_waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return cursor.fetchone()[0]


def _in_thread(work):
    try:
        work()
    finally:
        connection.close()


def _answers():
    rows = OrderedProduct.objects.values_list(
        "user_id", "product_id", "first_ordered_at", "last_ordered_at", "times_ordered", "quantity"
    )
    return {row[:2]: row[2:] for row in rows}


def _expected_answers():
    answers = {}
    erased = set(User.objects.exclude(erased_at=None).values_list("id", flat=True))
    for order in Order.objects.filter(cancelled_at=None).exclude(user_id__in=erased).with_lines():
        quantities = Counter()
        for line in order.lines.all():
            quantities[line.product_id] += line.quantity
        for product_id, quantity in quantities.items():
            at = order.placed_at
            first, last, times, pieces = answers.get((order.user_id, product_id), (at, at, 0, 0))
            answers[order.user_id, product_id] = (min(first, at), max(last, at), times + 1, pieces + quantity)
    return answers
