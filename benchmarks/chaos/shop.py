"""The shop's HTTP API as a client sees it."""

import base64
import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from uuid import UUID

PATIENCE = 4.0
"""Seconds until a client gives a request up."""


class Unanswered(Exception):
    """Timeout, broken connection or a server's error: whether it happened is not known."""


class Refused(Exception):
    """The shop answered, and said no."""

    def __init__(self, status: int, body: Any) -> None:
        self.status = status
        self.body = body
        super().__init__(f"{status}: {str(body)[:300]}")

    def is_of(self, field: str, code: str) -> bool:
        """Whether the body names this fault of this field, as in `errors` of the API's problems."""
        errors = self.body.get("errors", []) if isinstance(self.body, dict) else []
        return any((error["pointer"], error["code"]) == (f"#/{field}", code) for error in errors)


@dataclass
class Account:
    email: str
    password: str
    user_id: UUID | None = None
    token: str = ""


class Shop:
    """One client's connection. Every method raises Unanswered or Refused; None as an answer means no content."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: HTTPConnection | None = None

    def sign_up(self, account: Account) -> None:
        body = self._call("POST", "users/", {"email": account.email, "password": account.password})
        account.user_id = UUID(body["id"])

    def sign_in(self, account: Account) -> None:
        body = self._call("POST", "token/", {"email": account.email, "password": account.password})
        account.token = body["access"]
        payload = account.token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        account.user_id = UUID(claims["user_id"])

    def erase(self, account: Account) -> None:
        self._call("DELETE", "users/me/", {"password": account.password}, account)

    def create_product(self, title: str, staff: Account) -> Any:
        return self._call("POST", "products/", {"title": title, "price": "12.50"}, staff)

    def rename_product(self, product_id: UUID, title: str, version: int, staff: Account) -> Any:
        """Refused with 412 unless the product is at `version`."""
        path, headers = f"products/{product_id}/", {"If-Match": f'"{version}"'}
        return self._call("PATCH", path, {"title": title}, staff, headers)

    def withdraw_product(self, product_id: UUID, staff: Account) -> Any:
        return self._call("POST", f"products/{product_id}/withdraw/", {}, staff)

    def product(self, product_id: UUID) -> Any:
        return self._call("GET", f"products/{product_id}/")

    def place_order(self, quantities: dict[UUID, int], key: str, account: Account) -> Any:
        lines = [{"product_id": str(id), "quantity": quantity} for id, quantity in quantities.items()]
        return self._call("POST", "orders/", {"lines": lines}, account, {"Idempotency-Key": key})

    def cancel_order(self, order_id: UUID, account: Account) -> Any:
        return self._call("POST", f"orders/{order_id}/cancel/", {}, account)

    def order(self, order_id: UUID, account: Account) -> Any:
        return self._call("GET", f"orders/{order_id}/", None, account)

    def history(self, user_id: UUID, account: Account) -> Any:
        """The first page of what the user has ordered."""
        return self._call("GET", f"order-history/users/{user_id}/products/?page_size=100", None, account)

    def status(self, staff: Account) -> Any:
        return self._call("GET", "event-bus/status/", None, staff)

    def close(self) -> None:
        if self._connection:
            self._connection.close()
            self._connection = None

    def _call(
        self,
        method: str,
        path: str,
        body: Any = None,
        account: Account | None = None,
        headers: dict[str, str] | None = None,
    ) -> Any:
        sent = {"Content-Type": "application/json", **(headers or {})}
        if account and account.token:
            sent["Authorization"] = f"Bearer {account.token}"
        status, text = self._exchange(method, f"/api/v1/{path}", json.dumps(body or {}), sent)
        if status >= 500:
            raise Unanswered(f"{method} {path}: {status}")
        try:
            answer = json.loads(text) if text else None
        except ValueError as error:
            raise Unanswered(f"{method} {path}: {status}, no JSON") from error
        if status >= 400:
            raise Refused(status, answer)
        return answer

    def _exchange(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            if self._connection is None:
                self._connection = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:
            self.close()
            raise Unanswered(f"{method} {path}: {type(error).__name__} {error}") from error
