"""`python -m benchmarks.speed.writing.placing`: places orders, announced or not, by the same code but for that."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

import django

PRODUCTS = 200
LINES = 3


def main() -> None:
    """A request is a line of JSON: {"how": "operation", "announced": true, "orders": 100}; so is the answer."""
    django.setup()
    ways = {"operation": _placer(), "request": _requester()}
    for place in ways.values():
        for announced in (True, False):
            _seconds(place, 20, announced)
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(_measure(ways[request.pop("how")], **request)), flush=True)


def _placer() -> Callable[[], object]:
    from event_bus.context import acting
    from orders.operations import LineToOrder, place_order
    from products.operations import create_product
    from users.operations import sign_up

    random = Random(1)
    user = sign_up(email="customer@example.com", password=None)
    products: list[UUID] = [
        create_product(title=f"Lamp {n}", price=Decimal(n)).id for n in range(1, PRODUCTS)
    ]

    def place() -> None:
        lines = [LineToOrder(product, 1) for product in random.sample(products, LINES)]
        with acting(str(user.id)):
            place_order(user_id=user.id, lines=lines, at=datetime.now(UTC))

    return place


def _requester() -> Callable[[], object]:
    """The whole shop's answer to a request, without the socket and its server."""
    from rest_framework.test import APIClient
    from rest_framework_simplejwt.tokens import AccessToken

    from products.models import Product
    from users.operations import sign_up

    random = Random(1)
    user = sign_up(email="another@example.com", password=None)
    products = [str(id) for id in Product.objects.values_list("id", flat=True)]
    client = APIClient(headers={"Authorization": f"Bearer {AccessToken.for_user(user)}", "Host": "127.0.0.1"})

    def place() -> None:
        lines = [{"product_id": product, "quantity": 1} for product in random.sample(products, LINES)]
        answer = client.post("/api/v1/orders/", {"lines": lines}, format="json")
        assert answer.status_code == 201, answer.content

    return place


def _measure(place: Callable[[], object], *, orders: int, announced: bool) -> dict[str, Any]:
    seconds = _seconds(place, orders, announced)
    with _announcing(announced), _counted_statements() as statements, _counted_commands() as commands:
        place()
    return {"seconds": seconds, "statements": statements, "commands": len(commands)}


def _seconds(place: Callable[[], object], orders: int, announced: bool) -> list[float]:
    """That each order took, one after the other."""
    taken = []
    with _announcing(announced):
        for _ in range(orders):
            began = time.perf_counter()
            place()
            taken.append(time.perf_counter() - began)
    return taken


@contextmanager
def _announcing(is_on: bool) -> Iterator[None]:
    """Off, nothing of it is left: the event is not made, not stored, and nobody is woken."""
    with ExitStack() as patched:
        if not is_on:
            silence = {"state_of": lambda *_: {}, "OrderPlaced": dict, "publish": lambda _: None}
            for name, instead in silence.items():
                patched.enter_context(patch(f"orders.operations.{name}", instead))
        yield


@contextmanager
def _counted_statements() -> Iterator[list[str]]:
    """Of SQL, without what begins and ends the transaction (in a test a savepoint)."""
    from django.db import connection

    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE")):
            seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield seen


@contextmanager
def _counted_commands() -> Iterator[list[object]]:
    """To the broker, by the thread that answers the request."""
    from redis.connection import AbstractConnection

    send: Callable[..., Any] = AbstractConnection.send_packed_command
    here, seen = threading.get_ident(), list[object]()

    def note(*arguments: Any, **named: Any) -> Any:
        if threading.get_ident() == here:
            seen.append(arguments)
        return send(*arguments, **named)

    with patch.object(AbstractConnection, "send_packed_command", note):
        yield seen


if __name__ == "__main__":
    main()
