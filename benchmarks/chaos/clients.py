"""Customers, staff and readers, each a thread that uses the shop through HTTP; the ledger has what it was told.

Each product, user and order belongs to one client, so what it was told last is what must be.
"""

import random
import secrets
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from benchmarks.chaos.ledger import Ledger, ToldOrder, ToldProduct, ToldUser
from benchmarks.chaos.shop import Account, Refused, Shop, Unanswered

PAUSE_AFTER_FAILURE = 0.2
LONGEST_WAIT = 60.0
"""Seconds that a client goes on asking for an answer once it has been told to stop."""


class NeverAnswered(Exception):
    """The client had to stop before it knew."""


class Client(threading.Thread):
    """Writes until it is stopped, and then until its last write is answered."""

    def __init__(self, name: str, *, port: int, ledger: Ledger, seed: int, pause: float) -> None:
        super().__init__(name=name, daemon=True)
        self.ledger = ledger
        self.shop = Shop(port)
        self.random = random.Random(f"{name} {seed}")
        self.pause = pause
        self._stopped = threading.Event()
        self._give_up_at = float("inf")

    def stop(self) -> None:
        self._give_up_at = time.monotonic() + LONGEST_WAIT
        self._stopped.set()

    def run(self) -> None:
        try:
            while not self._stopped.is_set():
                self.do_something()
                self._stopped.wait(self.random.uniform(0, 2 * self.pause))
        except NeverAnswered:
            return
        except Exception as error:  # a client that dies quietly would make the comparison too easy
            self.ledger.surprised(f"{self.name} could not go on: {type(error).__name__} {error}")
            raise
        finally:
            self.shop.close()

    def do_something(self) -> None:
        raise NotImplementedError

    def until_answered(self, attempt: Callable[[], Any], account: Account | None = None) -> Any:
        """Asks until the shop answers, so `attempt` must do no harm when it happens twice.

        A token that is too old is renewed. Raises Refused, or NeverAnswered.
        """
        while True:
            try:
                return attempt()
            except Unanswered:
                self.ledger.went_unanswered()
            except Refused as refusal:
                if refusal.status != 401 or account is None:
                    raise
                self.until_answered(lambda: self.shop.sign_in(account))
                continue
            if time.monotonic() > self._give_up_at:
                raise NeverAnswered
            time.sleep(PAUSE_AFTER_FAILURE)


class Staff(Client):
    """Keeps products: renames in quick succession, so that versions can overtake each other."""

    def __init__(self, name: str, *, account: Account, first: int = 5, **arguments: Any) -> None:
        super().__init__(name, **arguments)
        self.account = Account(account.email, account.password)
        self.first = first
        self.mine: list[UUID] = []

    def do_something(self) -> None:
        chance = self.random.random()
        if len(self.mine) < self.first or chance < 0.25:
            self.create()
        elif chance < 0.32 and len(self.mine) > self.first:
            self.withdraw(self.mine.pop(self.random.randrange(len(self.mine))))
        else:
            product_id = self.random.choice(self.mine)
            for _ in range(self.random.choice([1, 2, 3])):
                if not self.rename(product_id):
                    break

    def create(self) -> None:
        title = f"Product {uuid4().hex[:12]}"
        try:
            answer = self.shop.create_product(title, self.account)
        except Unanswered:  # asking again might make another one
            self.ledger.went_unanswered()
            with self.ledger.lock:
                self.ledger.perhaps_titles.add(title)
            time.sleep(PAUSE_AFTER_FAILURE)
            return
        except Refused as refusal:
            if refusal.status != 401:
                self.ledger.surprised(f"creating a product: {refusal}")
            self.until_answered(lambda: self.shop.sign_in(self.account))
            return
        self.mine.append(self.told(answer))

    def rename(self, product_id: UUID) -> bool:
        told = self.ledger.products[product_id]
        title = f"Product {uuid4().hex[:12]} v{told.version + 1}"
        self.ledger.uncertain.add(product_id)
        try:
            answer = self.until_answered(
                lambda: self.shop.rename_product(product_id, title, told.version, self.account), self.account
            )
        except Refused as refusal:
            if refusal.status != 412:
                self.ledger.surprised(f"renaming product {product_id}: {refusal}")
                return False
            answer = self.until_answered(lambda: self.shop.product(product_id))
            if (answer["version"], answer["title"]) != (told.version + 1, title):
                self.ledger.surprised(f"product {product_id} is not what was made of it: {answer}")
        self.told(answer)
        self.ledger.uncertain.discard(product_id)
        return True

    def withdraw(self, product_id: UUID) -> None:
        self.ledger.uncertain.add(product_id)
        try:
            answer = self.until_answered(
                lambda: self.shop.withdraw_product(product_id, self.account), self.account
            )
        except Refused as refusal:
            if refusal.status != 409:
                self.ledger.surprised(f"withdrawing product {product_id}: {refusal}")
                return
            answer = self.until_answered(lambda: self.shop.product(product_id))
        self.told(answer)
        self.ledger.uncertain.discard(product_id)

    def told(self, answer: Any) -> UUID:
        product_id = UUID(answer["id"])
        with self.ledger.lock:
            self.ledger.products[product_id] = ToldProduct(
                answer["title"], answer["version"], answer["withdrawn"], _now()
            )
        self.ledger.acknowledged()
        return product_id


class Customers(Client):
    """Several people after one another: they sign up, order, change their mind, and want to be forgotten."""

    def __init__(self, name: str, **arguments: Any) -> None:
        super().__init__(name, **arguments)
        self.accounts: list[Account] = []
        self.cancellable: dict[UUID, list[UUID]] = {}

    def do_something(self) -> None:
        chance = self.random.random()
        if not self.accounts or chance < 0.06:
            self.sign_up()
            return
        account = self.random.choice(self.accounts)
        assert account.user_id is not None
        if chance < 0.08 and len(self.accounts) > 3:
            self.erase(account)
        elif chance < 0.15 and self.cancellable[account.user_id]:
            orders = self.cancellable[account.user_id]
            self.cancel(orders.pop(self.random.randrange(len(orders))), account)
        else:
            order_id = self.place(account)
            if order_id and chance > 0.8:  # at once: the two events may overtake each other
                self.cancel(order_id, account)
            elif order_id:
                self.cancellable[account.user_id].append(order_id)

    def sign_up(self) -> None:
        account = Account(email=f"{uuid4().hex}@example.com", password=secrets.token_urlsafe(24))
        attempts = 0

        def attempt() -> None:
            nonlocal attempts
            attempts += 1
            self.shop.sign_up(account)

        with self.ledger.lock:
            self.ledger.perhaps_users += 1
        try:
            self.until_answered(attempt)
        except Refused as refusal:
            if attempts == 1 or not refusal.is_of("email", "unique"):  # else an unanswered attempt succeeded
                self.ledger.surprised(f"signing up: {refusal}")
                return
        try:
            self.until_answered(lambda: self.shop.sign_in(account))
        except Refused as refusal:
            self.ledger.surprised(f"{account.email} signed up and cannot sign in: {refusal}")
            return
        assert account.user_id is not None
        with self.ledger.lock:
            self.ledger.perhaps_users -= 1
            self.ledger.users[account.user_id] = ToldUser(_now())
        self.ledger.acknowledged()
        self.cancellable[account.user_id] = []
        self.accounts.append(account)

    def erase(self, account: Account) -> None:
        assert account.user_id is not None
        self.ledger.uncertain.add(account.user_id)
        try:
            self.until_answered(lambda: self.shop.erase(account))
        except Refused as refusal:
            if refusal.status != 401:
                self.ledger.surprised(f"erasing user {account.user_id}: {refusal}")
                return
            if self.can_sign_in(account):  # the token was too old
                self.erase(account)
                return
        self.accounts.remove(account)
        with self.ledger.lock:
            self.ledger.users[account.user_id] = ToldUser(_now(), erased=True)
            self.ledger.uncertain.discard(account.user_id)
        self.ledger.acknowledged()

    def can_sign_in(self, account: Account) -> bool:
        try:
            self.until_answered(lambda: self.shop.sign_in(account))
        except Refused:
            return False
        return True

    def place(self, account: Account) -> UUID | None:
        offers = self.ledger.on_offer()
        if not offers:
            return None
        count = min(len(offers), self.random.choice([1, 1, 2, 3]))
        quantities = {id: self.random.randint(1, 5) for id in self.random.sample(offers, count)}
        key = uuid4().hex
        attempts = 0

        def attempt() -> Any:
            nonlocal attempts
            attempts += 1
            return self.shop.place_order(quantities, key, account)

        with self.ledger.lock:
            self.ledger.perhaps_orders += 1
        try:
            answer = self.until_answered(attempt, account)
        except Refused as refusal:
            if not (isinstance(refusal.body, dict) and refusal.body.get("withdrawn")):
                self.ledger.surprised(f"placing an order: {refusal}")
            if attempts > 1:  # an earlier attempt may still be on its way, and succeed
                return None
            answer = None
        with self.ledger.lock:
            self.ledger.perhaps_orders -= 1
        return self.told(answer) if answer else None

    def cancel(self, order_id: UUID, account: Account) -> None:
        self.ledger.uncertain.add(order_id)
        try:
            answer = self.until_answered(lambda: self.shop.cancel_order(order_id, account), account)
        except Refused as refusal:
            if refusal.status != 409:
                self.ledger.surprised(f"cancelling order {order_id}: {refusal}")
                return
            answer = self.until_answered(lambda: self.shop.order(order_id, account), account)
        self.told(answer)
        self.ledger.uncertain.discard(order_id)

    def told(self, answer: Any) -> UUID:
        order_id = UUID(answer["id"])
        with self.ledger.lock:
            self.ledger.orders[order_id] = ToldOrder(
                user_id=UUID(answer["user_id"]),
                placed_at=datetime.fromisoformat(answer["placed_at"]),
                quantities={UUID(line["product_id"]): line["quantity"] for line in answer["lines"]},
                cancelled=answer["cancelled_at"] is not None,
                at=_now(),
            )
        self.ledger.acknowledged()
        return order_id


class Reader(Client):
    """Holds the history to its word: what was acknowledged before its `complete_as_of` is in its answer."""

    def __init__(self, name: str, *, account: Account, **arguments: Any) -> None:
        super().__init__(name, **arguments)
        self.account = Account(account.email, account.password)

    def do_something(self) -> None:
        with self.ledger.lock:
            users = [id for id, user in self.ledger.users.items() if not user.erased]
        if not users:
            return
        user_id = self.random.choice(users)
        before = self.settled_orders(user_id)
        try:
            answer = self.shop.history(user_id, self.account)
        except Unanswered:
            return
        except Refused:
            self.until_answered(lambda: self.shop.sign_in(self.account))
            return
        if answer["complete_as_of"] is None or answer["next"]:
            return
        self.check(user_id, before, answer)

    def check(self, user_id: UUID, before: dict[UUID, ToldOrder], answer: Any) -> None:
        complete_as_of = datetime.fromisoformat(answer["complete_as_of"])
        found = {UUID(row["product_id"]) for row in answer["results"]}
        after = self.settled_orders(user_id)  # others may have been cancelled meanwhile
        for id, order in before.items():
            if id in after and order.at < complete_as_of and not order.quantities.keys() <= found:
                self.ledger.surprised(
                    f"order {id}, acknowledged at {order.at}, was not in an answer of the history "
                    f"that said to be complete as of {complete_as_of}"
                )

    def settled_orders(self, user_id: UUID) -> dict[UUID, ToldOrder]:
        with self.ledger.lock:
            if user_id in self.ledger.uncertain or self.ledger.users[user_id].erased:
                return {}
            return {
                id: order
                for id, order in self.ledger.orders.items()
                if order.user_id == user_id and not order.cancelled and id not in self.ledger.uncertain
            }


def _now() -> datetime:
    return datetime.now(UTC)
