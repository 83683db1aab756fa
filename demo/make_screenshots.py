"""Rewrites docs/images/pages, a screenshot of each page of the demo's shop: `make screenshots`.

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
                for name, page in visit(context.new_page(), stack):
                    save(page, FOLDER / f"{name}-{device}-{scheme}.webp")
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
            stack.manage("shell", "--verbosity", "0", "-c", STORY)
            stack.wait_until_caught_up()
            wait_for_web(stack, port)
            yield stack, f"http://127.0.0.1:{port}"


def visit(page: Page, stack: LiveStack) -> Iterator[tuple[str, Page]]:
    """Each page by its name, as a customer comes to it."""
    page.goto("/")
    for title in ("Enamel Mug", "Kite", "Moka Pot"):
        page.get_by_role("button", name=f"Add {title}").click()
    page.goto("/")
    yield "catalogue", page
    page.get_by_role("link", name="Enamel Mug").click()
    yield "product", page
    page.goto("/sign-up/")
    yield "sign-up", page
    page.goto("/your-products/")
    yield "signed-out", page
    page.goto("/sign-in/?next=/your-products/")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD + "!")
    page.get_by_role("button", name="Sign in").click()
    yield "sign-in", page
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/your-products/")
    yield "your-products", page
    page.goto("/basket/")
    yield "basket", page
    page.goto("/orders/")
    yield "orders", page
    page.locator(".orders h2 a").nth(2).click()
    yield "order", page
    page.goto("/account/")
    yield "account", page
    page.goto("/nothing-here/")
    yield "not-found", page
    stack.stop("history")
    page.goto("/basket/")
    page.get_by_role("button", name="Order now").click()
    page.get_by_text("on its way to this page").wait_for()
    yield "on-its-way", page
    stack.start("history")
    page.get_by_text("Thank you.").wait_for()
    page.goto("/basket/")
    yield "empty-basket", page


def save(page: Page, path: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    picture = Image.open(BytesIO(page.screenshot(animations="disabled")))
    picture.convert("RGB").save(path, "WEBP", quality=82, method=6)


if __name__ == "__main__":
    main()
