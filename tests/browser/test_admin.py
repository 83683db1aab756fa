"""The admin on phone and desktop, by day and by night."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from stack import CODE_DIR
from tests.browser.staff import sign_in
from tests.browser.test_accessibility import SCREENS
from tests.shopping import Shop

IMAGE = next((CODE_DIR / "demo" / "shop" / "images").iterdir())


def visits(page: Page, product_id: str) -> Iterator[str]:
    """Stands on each page in turn and names it."""
    sign_in(page, "/admin/")
    yield "home"
    page.goto("/admin/products/product/")
    yield "products"
    page.goto(f"/admin/products/product/{product_id}/change/")
    page.locator("[name=image]").set_input_files(IMAGE)
    page.locator("[name=_continue]").click()
    expect(page.get_by_alt_text("Image preview")).to_be_visible()
    yield "product"
    for name, address in {
        "users": "/admin/users/user/",
        "ordered products": "/admin/order_history/orderedproduct/",
        "status": "/admin/event-bus/",
        "where is it": f"/admin/event-bus/timeline/?of={product_id}",
        "dead letters": "/admin/inbox/deadletter/",
        "log": "/admin/outbox/outboxevent/",
    }.items():
        page.goto(address)
        yield name


@pytest.mark.parametrize("context", SCREENS, indirect=True)
def test_every_page_fits_the_screen_and_can_be_read(
    open_shop: Shop, page: Page, context: BrowserContext
) -> None:
    found = {}
    for name in visits(page, open_shop.create_product("Teapot with an image")):
        if (width := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            found[f"{name}, width"] = f"scrolls sideways by {width} pixels"
        results = Axe().run(page, options={"runOnly": ["color-contrast"]})
        if results.violations_count:
            found[name] = results.generate_report()

    assert found == {}, "\n".join(f"{name}: {report}" for name, report in found.items())


@pytest.mark.parametrize("context", SCREENS[:1], indirect=True)
def test_another_image_can_be_chosen_on_a_phone(open_shop: Shop, page: Page, context: BrowserContext) -> None:
    for name in visits(page, open_shop.create_product("Teapot with an image")):
        if name == "product":
            break

    choose = page.locator("label:has-text('upload')").last.bounding_box()

    assert choose is not None
    assert choose["x"] + choose["width"] <= 360


def test_the_first_page_says_what_each_entry_is_about(open_shop: Shop, page: Page) -> None:
    sign_in(page, "/admin/")

    page.get_by_role("link", name="what flows, what is late and why").click()

    page.wait_for_url("**/admin/event-bus/")
