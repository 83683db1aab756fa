"""A customer and a member of staff of the live shop, over HTTP."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from stack.live import LiveStack

PASSWORD = "correct horse battery"


class Client:
    """Speaks JSON to one address; `token` is sent once there is one."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.token = ""

    def __call__(
        self, method: str, path: str, body: Any = None, *, timeout: float = 10, key: str = ""
    ) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return response.status, json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or "null")

    def sign_in(self, email: str) -> None:
        status, answer = self("POST", "/api/v1/token/", {"email": email, "password": PASSWORD})
        assert status == 200, answer
        self.token = answer["access"]


class Shop:
    """The web process of a live stack, a customer of it, and its staff."""

    def __init__(self, stack: LiveStack) -> None:
        self.stack = stack
        self.address = f"http://127.0.0.1:{stack.env['PORT']}"
        self.customer, self.staff = Client(self.address), Client(self.address)

    def open(self) -> None:
        self.stack.start("web")
        eventually(self.answers, within=90)
        self.stack.env["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
        self.stack.manage("createsuperuser", "--noinput", "--email", "staff@example.com")
        self.staff.sign_in("staff@example.com")
        status, me = self.customer(
            "POST", "/api/v1/users/", {"email": "ann@example.com", "password": PASSWORD}
        )
        assert status == 201, me
        self.customer_id = me["id"]
        self.customer.sign_in("ann@example.com")

    def answers(self) -> bool:
        try:
            self.customer("GET", "/api/v1/products/", timeout=1)
        except OSError:
            return False
        return True

    def create_product(self, title: str = "Teapot") -> str:
        status, product = self.staff("POST", "/api/v1/products/", {"title": title, "price": "12.50"})
        assert status == 201, product
        return str(product["id"])

    def order(self, product_id: str, quantity: int = 1) -> str:
        body = {"lines": [{"product_id": product_id, "quantity": quantity}]}
        status, order = self.customer("POST", "/api/v1/orders/", body)
        assert status == 201, order
        return str(order["id"])

    def history(self) -> list[dict[str, Any]]:
        path = f"/api/v1/order-history/users/{self.customer_id}/products/?page_size=100"
        status, answer = self.customer("GET", path)
        assert status == 200, answer
        results: list[dict[str, Any]] = answer["results"]
        return results

    def history_of(self, product_id: str) -> list[dict[str, Any]]:
        return [row for row in self.history() if row["product_id"] == product_id]


def eventually(condition: Callable[[], Any], *, within: float) -> Any:
    """What the condition answers once that is true. Fails if it is not within so many seconds."""
    deadline = time.monotonic() + within
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"not within {within:g} s"
        time.sleep(0.05)
    return answer
