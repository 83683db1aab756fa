"""Rewrites docs/images/pages, a screenshot of each page of the demo's shop and of staff's: `make screenshots`.

On phone and desktop, light and dark, taken by Debian's Chromium from the real processes.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from demo import chromium
from stack import CODE_DIR
from stack.commands.run import wait_for_web
from stack.live import LiveStack
from stack.ports import free_port

FOLDER = CODE_DIR / "docs" / "images" / "pages"
EMAIL, PASSWORD = "ann@example.com", "correct horse battery"
STAFF_EMAIL = "staff@example.com"
PATIENCE = 120_000
"""Milliseconds."""

SCREENS = {"phone": (390, 844), "desktop": (1280, 860)}

# Ann has been a customer for a while; one of her orders was for a product that is announced in a moment.
STORY = f"""
from datetime import timedelta
from decimal import Decimal
from random import Random
from uuid import UUID
from django.utils import timezone
from orders.importing import LineToImport, OrderToImport, import_orders
from orders.operations import LineToOrder, place_order
from products.models import Product
from users.operations import sign_up
ann = sign_up(email={EMAIL!r}, password={PASSWORD!r}).id
wares = list(Product.objects.order_by("id"))
random = Random(7)
for days in (290, 214, 163, 120, 84, 51, 33, 19, 6, 2):
    some = random.sample(wares, random.randint(1, 5))
    place_order(user_id=ann, lines=[LineToOrder(ware.id, random.choice([1, 1, 2])) for ware in some],
                at=timezone.now() - timedelta(days=days, minutes=random.randint(0, 600)))
import_orders([OrderToImport(UUID(int=77), ann, timezone.now() - timedelta(minutes=20), "USD",
                             (LineToImport(UUID(int=99), 1, Decimal("18")),))])
"""

# Ann orders once more, and thinks better of it.
PLACE_ORDER = f"""
from django.utils import timezone
from orders.operations import LineToOrder, place_order
from products.models import Product
from users.models import User
ann = User.objects.get(email={EMAIL!r}).id
lines = [LineToOrder(Product.objects.earliest("id").id, 2)]
print(place_order(user_id=ann, lines=lines, at=timezone.now()).id)
"""
CANCEL_ORDER = """
from uuid import UUID
from django.utils import timezone
from orders.operations import cancel_order
cancel_order(order_id=UUID({order!r}), at=timezone.now())
"""

# An event that order_history does not know, as a producer that was deployed first would announce it.
ANNOUNCE_THE_UNKNOWN = """
from uuid import uuid4
from django.utils import timezone
from event_bus.outbox.models import OutboxEvent, Partition
OutboxEvent.objects.create(
    partition=Partition.objects.filter(topic="products").first(), type="products.product_recalled.v1",
    subject=uuid4(), recorded_at=timezone.now(), data={},
)
"""


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium.running() as browser, open_shop() as (stack, address):
        for device, (width, height) in SCREENS.items():
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                    base_url=address,
                )
                context.set_default_timeout(PATIENCE)
                page = context.new_page()
                for name in visit_shop(page, stack):
                    save(page, FOLDER / f"{name}-{device}-{scheme}.webp")
                context.clear_cookies()
                for name in visit_admin(page, stack):
                    save(page, FOLDER / f"admin-{name}-{device}-{scheme}.webp", whole=True)
                context.close()


@contextmanager
def open_shop() -> Iterator[tuple[LiveStack, str]]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="shop-screenshots-") as folder:
        env = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        with LiveStack(Path(folder), env={**env, "PORT": str(port), "DEBUG": "0"}) as stack:
            stack.migrate()
            stack.start("web", "relay", "history", "beat")
            stack.manage("import_shop", str(CODE_DIR / "demo" / "shop"))
            shell(stack, STORY)
            stack.env["DJANGO_SUPERUSER_PASSWORD"] = PASSWORD
            stack.manage("createsuperuser", "--noinput", "--email", STAFF_EMAIL)
            stack.wait_until_caught_up()
            wait_for_web(stack, port)
            yield stack, f"http://127.0.0.1:{port}"


def shell(stack: LiveStack, code: str) -> str:
    """What `code` prints."""
    return stack.manage("shell", "--verbosity", "0", "-c", code).stdout.strip()


def visit_shop(page: Page, stack: LiveStack) -> Iterator[str]:
    """The name of each page, as a customer comes to it."""
    page.goto("/")
    for title in ("Enamel Mug", "Kite", "Moka Pot"):
        page.get_by_role("button", name=f"Add {title}").click()
    page.goto("/")
    yield "catalogue"
    page.get_by_role("link", name="Enamel Mug").click()
    yield "product"
    page.goto("/sign-up/")
    yield "sign-up"
    page.goto("/your-products/")
    yield "signed-out"
    page.goto("/sign-in/?next=/your-products/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD + "!")
    page.get_by_role("button", name="Sign in").click()
    yield "sign-in"
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/your-products/")
    yield "your-products"
    page.goto("/basket/")
    yield "basket"
    page.goto("/orders/")
    yield "orders"
    page.locator(".orders h2 a").nth(2).click()
    yield "order"
    page.goto("/account/")
    yield "account"
    page.goto("/nothing-here/")
    yield "not-found"
    stack.stop("history")
    page.goto("/basket/")
    page.get_by_role("button", name="Order now").click()
    page.get_by_text("on its way to this page").wait_for()
    yield "on-its-way"
    stack.start("history")
    page.get_by_text("Thank you.").wait_for()
    page.goto("/basket/")
    yield "empty-basket"


def visit_admin(page: Page, stack: LiveStack) -> Iterator[str]:
    """The name of each page, as staff comes to it: first all is well, then the history's worker is gone."""
    page.goto("/admin/login/?next=/admin/")
    page.get_by_label("E-mail").fill(STAFF_EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    yield "home"
    page.goto("/admin/products/product/")
    yield "products"
    page.get_by_role("link", name="Enamel Mug").click()
    yield "product"
    order = shell(stack, PLACE_ORDER)
    shell(stack, ANNOUNCE_THE_UNKNOWN)
    stack.wait_until_caught_up()
    page.goto("/admin/event-bus/")
    page.get_by_text("put aside").first.wait_for()
    yield "status"
    page.goto("/admin/inbox/deadletter/")
    yield "dead-letters"
    stack.stop("history")
    shell(stack, CANCEL_ORDER.format(order=order))
    page.goto("/admin/event-bus/")
    page.get_by_text("no worker of order_history").first.wait_for()
    yield "status-trouble"
    page.goto(f"/admin/event-bus/timeline/?of={order}")
    page.get_by_text("waits to be received").first.wait_for()
    yield "timeline"
    stack.start("history")
    stack.manage("discard_dead_letters", "--error", "UnknownEventType", "--reason", "for a picture only")


def save(page: Page, path: Path, *, whole: bool = False) -> None:
    """What the screen shows of the page, or the whole of it."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    picture = Image.open(BytesIO(page.screenshot(animations="disabled", full_page=whole)))
    picture.convert("RGB").save(path, "WEBP", quality=82, method=6)


if __name__ == "__main__":
    main()
