"""The comparison finds every difference that is planted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from benchmarks.chaos.comparison import MARK, Difference, compare
from benchmarks.chaos.ledger import Ledger, ToldOrder, ToldProduct, ToldUser
from benchmarks.chaos.state import HistoryRows, Letter, Line, Order, Ordered, Product, ShopRows, User

EARLY = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATE = EARLY + timedelta(hours=1)


@dataclass
class World:
    """One customer, one product, ordered twice; and the member of staff, whom no client signed up."""

    ledger: Ledger
    shop: ShopRows
    history: HistoryRows
    product: UUID
    user: UUID
    first: UUID
    second: UUID

    def kinds(self, *letters: Letter) -> set[str]:
        return {difference.kind for difference in self.differences(*letters)}

    def differences(self, *letters: Letter) -> list[Difference]:
        return compare(self.ledger, self.shop, self.history, letters)


@pytest.fixture
def world() -> World:
    product, user, staff, first, second = (uuid4() for _ in range(5))
    ledger = Ledger(
        products={product: ToldProduct("Lamp", 2, False, LATE)},
        users={user: ToldUser(EARLY)},
        orders={
            first: ToldOrder(user, EARLY, {product: 2}, EARLY),
            second: ToldOrder(user, LATE, {product: 3}, LATE),
        },
    )
    shop = ShopRows(
        products={product: Product("Lamp", "", False, 2)},
        users={user: User(None, 1), staff: User(None, 1)},
        orders={
            first: Order(user, EARLY, False, {product: 2}, 1),
            second: Order(user, LATE, False, {product: 3}, 1),
        },
    )
    history = HistoryRows(
        products=dict(shop.products),
        users=dict(shop.users),
        lines={
            (first, product): Line(user, 2, EARLY, False, 1),
            (second, product): Line(user, 3, LATE, False, 1),
        },
        ordered={(user, product): Ordered(EARLY, LATE, 2, 5)},
    )
    return World(ledger, shop, history, product, user, first, second)


def test_nothing_is_found_where_everything_agrees(world: World) -> None:
    assert world.differences() == []


def test_an_acknowledged_order_that_the_shop_forgot_is_lost(world: World) -> None:
    del world.shop.orders[world.first]

    assert "lost" in world.kinds()
    assert str(world.first) in str(world.differences()[0])


def test_an_acknowledged_order_that_the_history_misses_is_lost(world: World) -> None:
    del world.history.lines[world.second, world.product]
    world.history.ordered[world.user, world.product] = Ordered(EARLY, EARLY, 1, 2)

    found = list(map(str, world.differences()))

    assert any(each.startswith(f"lost: order {world.second}, acknowledged at") for each in found)
    assert world.kinds() == {"lost", "wrong"}


def test_an_order_that_counts_twice_is_doubled(world: World) -> None:
    world.history.ordered[world.user, world.product] = Ordered(EARLY, LATE, 3, 8)

    assert world.kinds() == {"doubled"}


def test_an_order_that_no_client_placed_is_doubled(world: World) -> None:
    world.shop.orders[uuid4()] = Order(world.user, LATE, True, {world.product: 1}, 2)

    assert "doubled" in world.kinds()


def test_an_order_that_may_have_happened_is_not_doubled(world: World) -> None:
    order = uuid4()
    world.shop.orders[order] = Order(world.user, LATE, True, {world.product: 1}, 2)
    world.history.lines[order, world.product] = Line(world.user, 1, LATE, True, 2)
    world.ledger.perhaps_orders = 1

    assert world.differences() == []


def test_an_old_title_in_the_history_is_wrong(world: World) -> None:
    world.history.products[world.product] = Product("Lamp, new", "", False, 1)

    assert world.kinds() == {"wrong"}


def test_another_version_than_the_client_was_told_is_wrong(world: World) -> None:
    world.ledger.products[world.product].version = 3

    assert world.kinds() == {"wrong"}


def test_a_change_that_was_never_answered_may_have_happened(world: World) -> None:
    world.ledger.products[world.product].version = 1
    world.ledger.uncertain.add(world.product)

    assert world.differences() == []


def test_a_cancelled_order_that_still_counts_is_wrong(world: World) -> None:
    world.ledger.orders[world.second].cancelled = True
    world.shop.orders[world.second] = Order(world.user, LATE, True, {world.product: 3}, 2)

    assert {"wrong", "doubled"} <= world.kinds()


def test_what_stays_of_an_erased_user_is_found(world: World) -> None:
    world.ledger.users[world.user].erased = True
    world.shop.users[world.user] = world.history.users[world.user] = User(LATE, 2)

    assert {difference.kind for difference in world.differences()} == {"doubled"}
    assert len(world.differences()) == 3  # two lines and the product that they summarise


def test_a_dead_letter_is_found_unless_it_was_garbage(world: World) -> None:
    garbage = Letter(f'"{MARK}"', "NotAMessage")
    event = Letter('{"type": "orders.order_placed.v1"}', "IntegrityError")

    assert world.differences(garbage) == []
    assert world.kinds(garbage, event) == {"dead-lettered"}


def test_an_answer_that_no_correct_shop_gives_is_wrong(world: World) -> None:
    world.ledger.surprised("cancelling an order: 404")

    assert world.kinds() == {"wrong"}
