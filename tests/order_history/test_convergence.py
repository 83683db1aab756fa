"""Any permutation, duplication and batching of the events gives the rows of a straight fold."""

from collections import defaultdict

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from event_bus.inbox.models import Checkpoint
from event_bus.inbox.projections import filling
from event_bus.inbox.upserting import leave_newest
from order_history import incoming_events as incoming
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser, OrderedProduct
from order_history.projections import projection
from tests.delivering import Wire
from tests.order_history.facts import day, id_of

pytestmark = pytest.mark.django_db(databases=["order_history"])

USERS = [id_of(f"user {n}") for n in range(3)]
PRODUCTS = [id_of(f"product {n}") for n in range(4)]


@st.composite
def product_stories(draw):
    product_id = draw(st.sampled_from(PRODUCTS))
    titles = draw(st.lists(st.sampled_from(["Teapot", "Lamp", "Chair"]), min_size=1, max_size=3))
    kinds = [incoming.ProductCreated] + [incoming.ProductChanged] * 3
    events = [
        kinds[index](product_id=product_id, title=title, version=index + 1)
        for index, title in enumerate(titles)
    ]
    if draw(st.booleans()):
        last = events[-1]
        events.append(
            incoming.ProductWithdrawn(
                product_id=product_id, title=last.title, withdrawn=True, version=last.version + 1
            )
        )
    return events


@st.composite
def user_stories(draw):
    user_id = draw(st.sampled_from(USERS))
    events = [incoming.UserSignedUp(user_id=user_id, version=1)]
    if draw(st.integers(0, 2)) == 0:
        events.append(incoming.UserErased(user_id=user_id, version=2, erased_at=day(20)))
    return events


@st.composite
def order_stories(draw, number):
    lines = draw(
        st.lists(
            st.builds(incoming.OrderedLine, product_id=st.sampled_from(PRODUCTS), quantity=st.integers(1, 5)),
            min_size=1,
            max_size=3,
        )
    )
    state = {
        "order_id": id_of(f"order {number}"),
        "user_id": draw(st.sampled_from(USERS)),
        "placed_at": day(draw(st.integers(1, 9))),
        "lines": tuple(lines),
    }
    events = [incoming.OrderPlaced(**state, version=1)]
    if draw(st.booleans()):
        events.append(incoming.OrderCancelled(**state, cancelled_at=day(10), version=2))
    return events


@st.composite
def histories(draw):
    products = draw(st.lists(product_stories(), max_size=4, unique_by=lambda story: story[0].product_id))
    users = draw(st.lists(user_stories(), max_size=3, unique_by=lambda story: story[0].user_id))
    orders = [draw(order_stories(number)) for number in range(draw(st.integers(0, 5)))]
    return [event for story in [*products, *users, *orders] for event in story]


@st.composite
def deliveries(draw):
    """A history, and messages that bring each of its events at least once, in any order."""
    history = draw(histories())
    repeated = draw(st.lists(st.sampled_from(history), max_size=6)) if history else []
    shuffled = draw(st.permutations([*history, *repeated]))
    messages, rest = [], list(shuffled)
    while rest:
        size = draw(st.integers(1, 6))
        messages.append(rest[:size])
        rest = rest[size:]
    return history, messages


def straight_fold(history):
    """What the rows should be, computed without any of the code under test."""
    products, erased, orders = {}, set(), {}
    for event in history:
        if isinstance(event, incoming.ProductState):
            products[event.product_id] = (event.title, event.withdrawn)
        elif isinstance(event, incoming.UserErased):
            erased.add(event.user_id)
        elif isinstance(event, incoming.OrderState):
            orders[event.order_id] = event
    ordered = defaultdict(list)
    for order in orders.values():
        if order.cancelled_at or order.user_id in erased:
            continue
        quantities = defaultdict(int)
        for line in order.lines:
            quantities[line["product_id"]] += line["quantity"]
        for product_id, quantity in quantities.items():
            ordered[order.user_id, product_id].append((order.placed_at, quantity))
    answer = {
        pair: (min(times), max(times), len(times), sum(quantities))
        for pair, entries in ordered.items()
        for times, quantities in [zip(*entries, strict=True)]
    }
    return products, erased, answer


def rows():
    products = {row.product_id: (row.title, row.withdrawn) for row in HistoryProduct.objects.all()}
    erased = {row.user_id for row in HistoryUser.objects.exclude(erased_at=None)}
    answer = {
        (row.user_id, row.product_id): (
            row.first_ordered_at,
            row.last_ordered_at,
            row.times_ordered,
            row.quantity,
        )
        for row in OrderedProduct.objects.all()
    }
    return products, erased, answer


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delivery=deliveries())
def test_any_delivery_gives_the_rows_of_a_straight_fold(db, delivery):
    history, messages = delivery
    empty_everything()
    wire = Wire()

    for message in messages:
        wire.deliver(*message)

    assert rows() == straight_fold(history)


@pytest.mark.postgres
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(delivery=deliveries())
def test_tables_that_are_filled_without_indexes_come_to_the_same_rows(without_unique_lines, delivery):
    history, messages = delivery
    empty_everything()
    wire = Wire()

    with filling(projection.appended):
        for message in messages:
            wire.deliver(*message)
    for model, of in projection.appended.items():
        leave_newest(model, of=of)
    projection.derive_everything()

    assert rows() == straight_fold(history)
    lines = list(HistoryOrderLine.objects.values_list("order_id", "product_id"))
    assert len(lines) == len(set(lines))


@pytest.mark.postgres
def test_of_tellings_of_one_version_the_last_one_stays(without_unique_lines):
    """Each in a message of its own, or both in one."""
    placed, order_id = {"user_id": USERS[0], "placed_at": day(1), "version": 1}, id_of("order 1")
    first = incoming.OrderPlaced(
        order_id=order_id, lines=line_of(PRODUCTS[0], 1) + line_of(PRODUCTS[1], 1), **placed
    )
    last = incoming.OrderPlaced(order_id=order_id, lines=line_of(PRODUCTS[2], 3), **placed)
    both = [event.model_copy(update={"order_id": id_of("order 2")}) for event in (first, last)]
    wire = Wire()

    with filling({HistoryOrderLine}):
        wire.deliver(first)
        wire.deliver(*both)
        wire.deliver(last)
    leave_newest(HistoryOrderLine, of="order_id")

    assert set(HistoryOrderLine.objects.values_list("order_id", "product_id", "quantity")) == {
        (id_of("order 1"), PRODUCTS[2], 3),
        (id_of("order 2"), PRODUCTS[2], 3),
    }


@pytest.fixture
def without_unique_lines(db):
    with connections["order_history"].cursor() as cursor:
        cursor.execute(
            "ALTER TABLE order_history_historyorderline DROP CONSTRAINT an_order_holds_a_product_once"
        )


def line_of(product_id, quantity):
    return (incoming.OrderedLine(product_id=product_id, quantity=quantity),)


def empty_everything():
    for model in (OrderedProduct, HistoryOrderLine, HistoryUser, HistoryProduct, Checkpoint):
        model.objects.all().delete()
