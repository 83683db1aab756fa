import pytest

from event_bus.inbox.models import DeadLetter
from order_history import incoming_events as incoming
from order_history import projections
from order_history.lost_lines import known_orders
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser, OrderedProduct
from tests.order_history.facts import (
    ANN,
    BOB,
    LAMP,
    TEAPOT,
    cancelled,
    day,
    erased,
    id_of,
    placed,
    product,
    signed_up,
)

pytestmark = pytest.mark.django_db(databases=["order_history"])


def test_an_order_becomes_the_products_that_its_user_has_ordered(given):
    given(product(), placed(teapot=2))

    ordered = OrderedProduct.objects.with_product().get()
    assert (ordered.user_id, ordered.product.title, ordered.product.image) == (
        ANN,
        "Teapot",
        "products/teapot.png",
    )
    assert (ordered.times_ordered, ordered.quantity) == (1, 2)
    assert ordered.first_ordered_at == ordered.last_ordered_at == day(1)


def test_orders_of_one_product_are_summed_up(given):
    given(placed("order 1", at=3, teapot=2), placed("order 2", at=1, teapot=5), placed("order 3", user=BOB))

    ordered = OrderedProduct.objects.get(user_id=ANN)
    assert (ordered.times_ordered, ordered.quantity) == (2, 7)
    assert (ordered.first_ordered_at, ordered.last_ordered_at) == (day(1), day(3))


def test_the_same_product_twice_in_an_order_is_ordered_once(given):
    order = placed(teapot=2)
    given(order.model_copy(update={"lines": order.lines * 2}))

    ordered = OrderedProduct.objects.get()
    assert (ordered.times_ordered, ordered.quantity) == (1, 4)


def test_an_event_delivered_twice_counts_once(given):
    given(placed(), placed())
    given(placed())

    assert OrderedProduct.objects.get().times_ordered == 1


def test_an_order_that_came_in_meanwhile_after_all_is_applied_once_more_with_care(given, monkeypatch):
    """As it might if two users were said to have placed one order, at once: each locks its own user."""
    given(placed(teapot=1))
    asked = []

    def blind_at_first(told):
        asked.append(told)
        return set() if len(asked) == 1 else known_orders(told)

    monkeypatch.setattr(projections, "known_orders", blind_at_first)
    given(placed("order 2", lamp=1), cancelled(placed(teapot=1)))

    assert len(asked) > 1
    assert dict(HistoryOrderLine.objects.values_list("product_id", "cancelled")) == {
        TEAPOT: True,
        LAMP: False,
    }
    assert not DeadLetter.objects.exists()


def test_what_an_order_no_longer_holds_goes_whatever_else_is_new_in_the_message(given):
    given(placed(teapot=1, lamp=1))

    given(placed("order 2", lamp=1), placed(teapot=1).model_copy(update={"version": 2}))

    assert set(HistoryOrderLine.objects.values_list("order_id", "product_id")) == {
        (id_of("order 1"), TEAPOT),
        (id_of("order 2"), LAMP),
    }


def test_an_order_for_an_unknown_product_waits_for_its_title(given):
    given(placed())

    assert OrderedProduct.objects.with_product().get().product is None

    given(product())

    assert OrderedProduct.objects.with_product().get().product.title == "Teapot"


def test_the_newest_title_wins_though_it_came_first(given):
    given(product(title="New", version=3))
    given(product(title="Old", version=2))

    assert HistoryProduct.objects.get().title == "New"


def test_the_newest_of_one_message_wins(given):
    given(product(title="New", version=3), product(title="Old", version=2))

    assert HistoryProduct.objects.get().title == "New"


def test_an_equal_version_heals_a_row_that_was_changed_by_hand(given):
    given(product())
    HistoryProduct.objects.update(title="Tampered")

    given(product())

    assert HistoryProduct.objects.get().title == "Teapot"


def test_a_withdrawn_product_stays_in_the_history(given):
    withdrawn = incoming.ProductWithdrawn(product_id=TEAPOT, title="Teapot", withdrawn=True, version=2)

    given(product(), placed(), withdrawn)

    assert OrderedProduct.objects.with_product().get().product.withdrawn


def test_a_cancelled_order_does_not_count(given):
    order = placed("order 1", teapot=1, lamp=1)
    given(order, placed("order 2", at=5, lamp=1))

    given(cancelled(order))

    remaining = OrderedProduct.objects.get()
    assert (remaining.product_id, remaining.times_ordered, remaining.first_ordered_at) == (LAMP, 1, day(5))


def test_a_cancellation_that_overtakes_its_order_still_cancels_it(given):
    order = placed()

    given(cancelled(order))
    given(order)

    assert not OrderedProduct.objects.exists()


def test_of_an_erased_user_only_a_tombstone_stays(given):
    given(signed_up(), placed(), placed("order 2", user=BOB))

    given(erased())

    assert [row.user_id for row in OrderedProduct.objects.all()] == [BOB]
    assert [row.user_id for row in HistoryOrderLine.objects.all()] == [BOB]
    assert HistoryUser.objects.get(user_id=ANN).erased_at == day(9)


def test_late_events_do_not_bring_an_erased_user_back(given):
    given(erased())

    given(signed_up(), placed())

    assert not OrderedProduct.objects.exists()
    assert not HistoryOrderLine.objects.exists()
    assert HistoryUser.objects.get().erased_at == day(9)


def test_orders_of_absurd_size_stop_nobody_else(given):
    """Their sum is more than a database can hold."""
    huge = placed(teapot=1).model_dump(mode="json")
    huge["lines"][0]["quantity"] = 2**62

    with pytest.raises(ValueError, match="less than or equal to"):
        incoming.OrderPlaced.model_validate(huge)
