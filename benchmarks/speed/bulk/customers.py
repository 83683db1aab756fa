"""People who order and look meanwhile: a few requests a second, and none may go wrong."""

import secrets
import threading
import time
from uuid import UUID, uuid4

from benchmarks.chaos.shop import Account, Refused, Shop, Unanswered

PAUSE = 0.2
"""Seconds between an order with a look, and the next."""


class Customers(threading.Thread):
    """As a context manager they come and go; then `orders` and `troubles` say how it was."""

    def __init__(self, port: int, product_id: UUID) -> None:
        super().__init__(daemon=True)
        self._shop, self._product_id, self._left = Shop(port), product_id, threading.Event()
        self._account = Account(f"{uuid4()}@example.com", secrets.token_urlsafe(12))
        self.orders, self.troubles = 0, list[str]()

    def run(self) -> None:
        self._shop.sign_up(self._account)
        self._shop.sign_in(self._account)
        seen = False
        while not self._left.is_set():
            began = time.monotonic()
            try:
                self._shop.place_order({self._product_id: 1}, str(uuid4()), self._account)
                self.orders += 1
                shown = bool(self._shop.history(self._account.user_id or uuid4(), self._account)["results"])
            except (Unanswered, Refused) as error:
                self.troubles.append(str(error))
                continue
            if seen and not shown:
                self.troubles.append("a product that had been shown was gone")
            seen = seen or shown
            self._left.wait(max(0.0, PAUSE - (time.monotonic() - began)))

    def __enter__(self) -> "Customers":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self.join(timeout=30)
        self._shop.close()
