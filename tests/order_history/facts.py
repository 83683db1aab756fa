"""Facts to tell stories with."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from order_history import incoming_events as incoming


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, name)


ANN, BOB, TEAPOT, LAMP = map(id_of, ("ann", "bob", "teapot", "lamp"))


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


def product(id=TEAPOT, title="Teapot", image="products/teapot.png", version=1):
    kind = incoming.ProductCreated if version == 1 else incoming.ProductChanged
    return kind(product_id=id, title=title, image=image, version=version)


def placed(order="order 1", user=ANN, at=1, **quantities):
    quantities = quantities or {"teapot": 1}
    lines = [{"product_id": id_of(name), "quantity": quantity} for name, quantity in quantities.items()]
    return incoming.OrderPlaced(
        order_id=id_of(order), user_id=user, placed_at=day(at), lines=lines, version=1
    )


def cancelled(order: incoming.OrderPlaced, at=2):
    return incoming.OrderCancelled(**{**order.model_dump(), "cancelled_at": day(at), "version": 2})


def signed_up(user=ANN):
    return incoming.UserSignedUp(user_id=user, version=1)


def erased(user=ANN):
    return incoming.UserErased(user_id=user, version=2, erased_at=day(9))
