"""A small set on disk that a test can spoil, and the command run over it."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import pytest
from django.core.management import CommandError, call_command

from tests.products.pictures import picture_bytes

PRODUCTS = "product_id,title,image,list_price\nP1,Lamp,lamp.png,12.50\nP2,Chair,,80\nP3,Mug,,\n"
ORDERS = "order_id,user_id,placed_at\nO1,ada,2026-01-02\nO2,bob,2026-01-03T10:00:00+02:00\n"
LINES = (
    "order_id,line_no,product_id,quantity,unit_price\nO1,1,P1,2,12.50\nO1,2,P1,1,12.50\nO2,1,P2,1,79.9999\n"
)


class Outcome(NamedTuple):
    out: str
    err: str
    failure: str  # "" if the command succeeded


class ShopSet:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.write("products.csv", PRODUCTS)
        self.write("orders.csv", ORDERS)
        self.write("lines.csv", LINES)
        self.write("lamp.png", picture_bytes())

    def write(self, name: str, content: str | bytes) -> None:
        (self.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    def add(self, name: str, row: str | bytes) -> None:
        """One row at the end of a file."""
        with (self.folder / name).open("ab") as file:
            file.write((row if isinstance(row, bytes) else row.encode()) + b"\n")

    def run(self, *options: str) -> Outcome:
        out, err, failure = StringIO(), StringIO(), ""
        try:
            call_command("import_shop", str(self.folder), *options, stdout=out, stderr=err)
        except CommandError as error:
            failure = str(error)
        return Outcome(out.getvalue(), err.getvalue(), failure)


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def shop(tmp_path: Path) -> ShopSet:
    return ShopSet(tmp_path / "corner_shop")


@pytest.fixture
def stored() -> Callable[[], tuple[int, int, int, int, int]]:
    """How many products, users, orders, lines and events there are."""
    from event_bus.outbox.models import OutboxEvent
    from orders.models import Order, OrderLine
    from products.models import Product
    from users.models import User

    models = (Product, User, Order, OrderLine, OutboxEvent)
    return lambda: tuple(model.objects.count() for model in models)
