"""Each kind of drift is found and healed, and nothing is called drift that is only under way."""

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connections

from event_bus.inbox import reconciling
from event_bus.inbox.models import Reconciliation
from event_bus.outbox import answering
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser, OrderedProduct
from orders.models import Order, OrderLine
from orders.operations import LineToOrder, cancel_order, place_order
from products.models import Product
from products.operations import change_product, create_product, withdraw_product
from tests.in_process import NOW, Way
from tests.in_process_reconciling import ask, reconcile
from users.models import User
from users.operations import erase_user, sign_up

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch):
    """So that a handful of rows makes several ranges and several chunks."""
    monkeypatch.setattr(answering, "ROWS_OF_A_RANGE", 4)
    monkeypatch.setattr(answering, "RANGES_AT_ONCE", 3)


@pytest.fixture
def way():
    return Way()


@pytest.fixture
def shop(way):
    """30 products, 6 users and 25 orders, all of it in the history."""
    products = [create_product(title=f"Thing {n}", price=n) for n in range(30)]
    users = [sign_up(email=f"user{n}@example.com", password=None) for n in range(6)]
    for n in range(25):
        lines = [LineToOrder(products[(n * k) % 30].id, k) for k in range(1, 3 + n % 2)]
        place_order(user_id=users[n % 6].id, lines=lines, at=NOON + timedelta(hours=n))
    withdraw_product(product_id=products[0].id, at=NOON)
    way.deliver()
    return way


def rows_of_the_history():
    return {
        model.__name__: sorted(
            map(
                str,
                model.objects.values_list(
                    *(f.attname for f in model._meta.concrete_fields if f.name != "id")
                ),
            )
        )
        for model in (HistoryProduct, HistoryUser, HistoryOrderLine, OrderedProduct)
    }


def test_nothing_differs_where_nothing_was_touched(shop):
    run = reconcile(shop)

    assert (run.error, run.drift_left, run.total("differing_ranges")) == ("", 0, 0)
    assert {part: figures["rows"] for part, figures in run.figures.items()} == {
        "products": 30,
        "users": 6,
        "orders": 25,
        "ordered products": OrderedProduct.objects.count(),
    }


def test_an_empty_shop_has_an_empty_history(way):
    assert reconcile(way).drift_left == 0


def changed_product():
    HistoryProduct.objects.filter(title="Thing 3").update(title="Thing X")


def product_searched_by_another_title():
    HistoryProduct.objects.filter(title="Thing 3").update(folded_title="nothing")


def product_of_a_version_to_come():
    HistoryProduct.objects.filter(title="Thing 3").update(title="Thing X", version=99)


def product_left_behind():
    HistoryProduct.objects.filter(withdrawn=True).update(withdrawn=False, version=1)


def deleted_product():
    HistoryProduct.objects.filter(title="Thing 3").delete()


def invented_product():
    HistoryProduct.objects.create(product_id=uuid4(), title="X", folded_title="x", version=1)


def all_products_deleted():
    HistoryProduct.objects.all().delete()


def deleted_user():
    HistoryUser.objects.all()[:1].get().delete()


def user_taken_for_erased():
    HistoryUser.objects.filter(pk=HistoryUser.objects.first().pk).update(erased_at=NOON)


def invented_user():
    HistoryUser.objects.create(user_id=uuid4(), version=1)


def changed_line():
    HistoryOrderLine.objects.filter(pk=HistoryOrderLine.objects.first().pk).update(quantity=77)


def line_of_another_user():
    HistoryOrderLine.objects.filter(pk=HistoryOrderLine.objects.first().pk).update(user_id=uuid4())


def deleted_line():
    HistoryOrderLine.objects.first().delete()


def deleted_order():
    HistoryOrderLine.objects.filter(order_id=HistoryOrderLine.objects.first().order_id).delete()


def invented_line_of_an_order():
    line = HistoryOrderLine.objects.first()
    line.pk, line.product_id = None, uuid4()
    line.save(force_insert=True)


def invented_order():
    line = HistoryOrderLine.objects.first()
    line.pk, line.order_id = None, uuid4()
    line.save(force_insert=True)


def changed_answer():
    OrderedProduct.objects.filter(pk=OrderedProduct.objects.first().pk).update(quantity=77)


def deleted_answer():
    OrderedProduct.objects.first().delete()


def invented_answer():
    OrderedProduct.objects.create(
        user_id=uuid4(),
        product_id=uuid4(),
        first_ordered_at=NOON,
        last_ordered_at=NOON,
        times_ordered=1,
        quantity=1,
    )


IN_THE_HISTORY = [
    changed_product,
    product_searched_by_another_title,
    product_of_a_version_to_come,
    product_left_behind,
    deleted_product,
    invented_product,
    all_products_deleted,
    deleted_user,
    user_taken_for_erased,
    invented_user,
    changed_line,
    line_of_another_user,
    deleted_line,
    deleted_order,
    invented_line_of_an_order,
    invented_order,
    changed_answer,
    deleted_answer,
    invented_answer,
]


@pytest.mark.parametrize("damage", IN_THE_HISTORY, ids=lambda damage: damage.__name__)
def test_damage_in_the_history_is_found_and_healed(shop, damage):
    before = rows_of_the_history()
    damage()
    assert rows_of_the_history() != before

    found = reconcile(shop)
    assert (found.error, found.drift_left > 0) == ("", True)

    healed = reconcile(shop, repair=True)
    assert (healed.error, healed.drift_left) == ("", 0)
    assert healed.total("repaired") > 0
    assert rows_of_the_history() == before
    assert reconcile(shop).drift_left == 0


def sql(statement, *parameters):
    with connections["default"].cursor() as cursor:
        cursor.execute(statement, parameters)


def title_behind_the_bus():
    sql("UPDATE products_product SET title = 'Silent' WHERE title = 'Thing 3'")


def quantity_behind_the_bus():
    sql("UPDATE orders_orderline SET quantity = 55 WHERE id = (SELECT min(id) FROM orders_orderline)")


def version_behind_the_bus():
    sql("UPDATE products_product SET title = 'Silent', version = 7 WHERE title = 'Thing 3'")


def line_behind_the_bus():
    sql("DELETE FROM orders_orderline WHERE id = (SELECT min(id) FROM orders_orderline)")


def order_behind_the_bus():
    order = Order(user_id=User.objects.first().id, currency="USD", placed_at=NOON)
    Order.objects.unguarded().bulk_create([order])
    OrderLine.objects.unguarded().bulk_create(
        [OrderLine(order=order, number=1, product_id=Product.objects.first().id, quantity=3, unit_price=1)]
    )


AT_THE_SOURCE = [
    title_behind_the_bus,
    quantity_behind_the_bus,
    version_behind_the_bus,
    line_behind_the_bus,
    order_behind_the_bus,
]


@pytest.mark.parametrize("change", AT_THE_SOURCE, ids=lambda change: change.__name__)
def test_a_source_that_was_changed_behind_the_bus_is_found_and_told(shop, change):
    change()

    assert reconcile(shop).drift_left == 1
    assert reconcile(shop, repair=True).drift_left == 0

    assert reconcile(shop).total("differing_ranges") == 0
    if change is title_behind_the_bus:
        assert HistoryProduct.objects.filter(title="Silent").exists()
    if change is quantity_behind_the_bus:
        assert OrderedProduct.objects.filter(quantity__gte=55).exists()


@pytest.mark.parametrize("kept", [0, 3])
def test_a_source_that_lost_its_rows_is_not_asked_about_all_of_them_at_once(shop, monkeypatch, kept):
    monkeypatch.setattr(reconciling, "MOST_HELD", 7)
    asked = []
    monkeypatch.setattr(
        answering,
        "_differing",
        lambda *question, told=answering._differing: asked.append(question[2]) or told(*question),
    )
    lost = OrderLine.objects.exclude(order__in=Order.objects.order_by("pk")[:kept])
    lost._raw_delete(using="default")
    Order.objects.exclude(pk__in=OrderLine.objects.values("order"))._raw_delete(using="default")

    run = reconcile(shop, repair=True)

    assert (run.error, run.total("drifted"), run.drift_left) == ("", 25 - kept, 0)
    assert run.figures["orders"]["rows"] == 25
    assert sorted(HistoryOrderLine.objects.values_list("order_id", flat=True).distinct()) == sorted(
        Order.objects.values_list("pk", flat=True)
    )
    assert 1 <= max(map(len, asked)) <= 7


def test_what_a_faulty_handler_wrote_is_healed_once_the_handler_is_mended(way, monkeypatch):
    from order_history import projections

    keep = projections.keep_newest
    with monkeypatch.context() as faulty:
        faulty.setattr(
            projections,
            "keep_newest",
            lambda model, rows, key: keep(
                model,
                [{**row, "title": row["title"][::-1]} if "title" in row else row for row in rows],
                key=key,
            ),
        )
        create_product(title="Lamp", price=1)
        way.deliver()

    assert HistoryProduct.objects.get().title == "pmaL"
    assert reconcile(way, repair=True).drift_left == 0
    assert HistoryProduct.objects.get().title == "Lamp"


def test_nothing_that_is_under_way_is_called_drift(shop):
    """Whatever the shop does, and whatever of it has arrived, between any two steps of a run."""
    chance = random.Random(7)
    products, users = list(Product.objects.all()), list(User.objects.all())

    def write(moment):
        for _ in range(chance.randrange(4)):
            user = chance.choice(users)
            match chance.randrange(6):
                case 0:
                    products.append(create_product(title="New", price=1))
                case 1 | 2:
                    change_product(product_id=chance.choice(products).id, title=f"T{chance.random()}")
                case 3:
                    users.append(sign_up(email=f"u{chance.random()}@example.com", password=None))
                case 4 if len(users) > 3 and not User.objects.get(id=user.id).erased_at:
                    erase_user(user_id=user.id, at=NOON)
                    users.remove(user)
                case _:
                    on_offer = chance.choice([each for each in products if not each.withdrawn])
                    order = place_order(user_id=user.id, lines=[LineToOrder(on_offer.id, 1)], at=NOON)
                    if chance.random() < 0.3:
                        cancel_order(order_id=order.id, at=NOON)
        if chance.random() < 0.3:
            shop.deliver()

    for repair in (False, True, False):
        run = reconcile(shop, repair=repair, meanwhile=write)
        assert (run.error, run.total("drifted"), run.left) == ("", 0, [])
    shop.deliver()
    assert reconcile(shop).total("differing_ranges") == 0


def test_drift_is_found_while_the_shop_is_in_use(shop):
    changed_product()
    title = iter(range(1000))
    busy = Product.objects.get(title="Thing 5")

    run = reconcile(
        shop,
        repair=True,
        meanwhile=lambda moment: change_product(product_id=busy.id, title=f"Thing {next(title)}"),
    )

    assert (run.total("drifted"), run.drift_left) == (1, 0)
    assert HistoryProduct.objects.filter(title="Thing 3").exists()


def test_an_erased_users_orders_are_no_drift_and_do_not_come_back(shop):
    user = User.objects.first()
    erase_user(user_id=user.id, at=NOON)
    shop.deliver()

    run = reconcile(shop, repair=True)

    assert (run.total("differing_ranges"), run.total("drifted")) == (0, 0)
    assert not HistoryOrderLine.objects.filter(user_id=user.id).exists()


def test_an_order_that_lost_a_line_keeps_no_line_of_before(shop):
    order = next(order for order in Order.objects.all() if order.lines.count() > 1)
    lines = list(order.lines.all())
    sql("DELETE FROM orders_orderline WHERE id = %s", lines[0].id)

    cancel_order(order_id=order.id, at=order.placed_at)
    shop.deliver()

    held = HistoryOrderLine.objects.filter(order_id=order.id)
    assert {line.product_id for line in held} == {line.product_id for line in lines[1:]}
    assert reconcile(shop).drift_left == 0


def test_an_order_that_has_no_line_any_more_is_taken_out(shop):
    """Its source knows of one whose lines were deleted behind the bus; to a reader it is none."""
    order = Order.objects.first()
    for line in order.lines.all():
        sql("DELETE FROM orders_orderline WHERE id = %s", line.id)

    assert reconcile(shop).drift_left == 1
    assert reconcile(shop, repair=True).drift_left == 0

    assert not HistoryOrderLine.objects.filter(order_id=order.pk).exists()
    assert reconcile(shop).total("drifted") == 0


def test_a_lost_question_or_answer_is_asked_for_again(shop):
    changed_product()
    reconciling.begin("order_history", repair=True, at=NOW)

    assert reconciling.go_on("order_history", at=NOW + timedelta(seconds=5)) is None
    again = reconciling.go_on("order_history", at=NOW + timedelta(seconds=11))

    assert again.kind == "digests"
    asked = []
    question = reconciling.hear(answering.answer(again), at=NOW + timedelta(seconds=12), ask=asked.append)
    assert asked
    assert question is None or question.kind == "look"


def test_an_answer_that_came_twice_counts_once(shop):
    _, question = reconciling.begin("order_history", repair=False, at=NOW)
    reply = answering.answer(question)

    run = Reconciliation.objects.get()
    hear(reply)
    rows = Reconciliation.objects.get().total("rows")
    assert Reconciliation.objects.get().step != run.step
    assert hear(reply) is None
    assert Reconciliation.objects.get().total("rows") == rows


def test_the_source_digests_a_chunk_while_the_one_before_is_compared(shop):
    run, question = reconciling.begin("order_history", repair=False, at=NOW)
    reply, asked = ask(question), []

    assert hear(reply, asked) is None

    run.refresh_from_db()
    assert (asked[0].after, asked[0].step) == (reply.ranges[-1].span.up_to, run.step)
    assert run.total("rows") == 12
    hear(ask(asked[0]))
    run.refresh_from_db()
    assert run.total("rows") == 24


def test_what_was_asked_ahead_is_not_heard_if_something_differed_before_it(shop):
    HistoryProduct.objects.filter(pk=HistoryProduct.objects.earliest("pk").pk).update(title="Thing X")
    run, question = reconciling.begin("order_history", repair=False, at=NOW)
    asked = []

    assert hear(ask(question), asked).kind == "look"

    run.refresh_from_db()
    assert run.step != asked[0].step
    assert hear(ask(asked[0])) is None
    run.refresh_from_db()
    assert run.phase == "look"


def test_nothing_is_asked_ahead_of_the_last_chunk_nor_by_old_news(shop):
    _, question = reconciling.begin("order_history", repair=False, at=NOW)
    old, asked = ask(question), []
    hear(old, asked)
    reply = ask(asked.pop())
    hear(old, asked)
    assert asked == []

    while reply.ranges[-1].span.up_to:
        hear(reply, asked)
        reply = ask(asked.pop())

    hear(reply, asked)
    assert asked == []


def hear(reply, asked=None):
    return reconciling.hear(reply, at=NOW, ask=[].append if asked is None else asked.append)


def test_a_run_that_nobody_answers_ends_with_the_reason():
    reconciling.begin("order_history", repair=False, at=NOW)

    for n in range(1, 30):
        reconciling.go_on("order_history", at=NOW + timedelta(seconds=11 * n))

    run = Reconciliation.objects.get()
    assert run.finished_at
    assert run.error == "waited in vain for digests of the source (products)"


def test_only_one_run_is_under_way(shop):
    first, _ = reconciling.begin("order_history", repair=False, at=NOW)
    second, question = reconciling.begin("order_history", repair=True, at=NOW)

    assert (second, question) == (first, None)


def test_the_last_run_can_be_shown(shop):
    assert reconciling.last_run("order_history") is None
    changed_line()

    reconcile(shop)

    report = reconciling.last_run("order_history").report()
    assert report["drift_left"] >= 1
    assert report["left"][0]["part"] == "orders"
