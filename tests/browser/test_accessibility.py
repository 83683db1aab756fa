"""Every page as everybody meets it: WCAG 2.2 AA by axe-core, light and dark, phone and desktop, and its weight."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.browser.customers import Customer
from tests.shopping import Shop

PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 860}
SCREENS = [
    pytest.param({"viewport": viewport, "color_scheme": scheme}, id=f"{name}-{scheme}")
    for name, viewport in (("phone", PHONE), ("desktop", DESKTOP))
    for scheme in ("light", "dark")
]
RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    }
}
HEAVIEST = 100_000
"""Bytes of a page with all its files, without pictures of products."""


def visits(customer: Customer, shop: Shop) -> Iterator[str]:
    """Stands on each page in turn and names it."""
    page, product_id = customer.page, shop.create_product("Teapot for everybody")
    for name, address in {
        "catalogue": "/",
        "search without result": "/?q=nothing-like-this",
        "product": f"/products/{product_id}/",
        "empty basket": "/basket/",
        "sign in": "/sign-in/",
        "signed out": "/your-products/",
        "not found": "/nothing/",
    }.items():
        page.goto(address)
        yield name
    page.goto("/sign-up/")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("alert")).to_be_focused()
    yield "sign up with errors"
    customer.sign_up()
    page.goto("/your-products/")
    yield "nothing ordered yet"
    page.goto("/orders/")
    yield "no orders yet"
    customer.put_into_basket(product_id)
    yield "product with a message"
    page.goto("/basket/")
    yield "basket"
    shop.stack.stop("history")
    try:
        page.get_by_role("button", name="Order now").click()
        expect(page.get_by_text("on its way to this page")).to_be_visible()
        yield "on its way"
    finally:
        shop.stack.start("history")
    expect(page.get_by_text("Thank you.")).to_be_visible(timeout=60_000)
    yield "your products"
    for name, address in {"orders": "/orders/", "account": "/account/"}.items():
        page.goto(address)
        yield name
    page.goto("/orders/")
    page.locator(".orders a").first.click()
    yield "order"


@pytest.mark.parametrize("context", SCREENS, indirect=True)
def test_no_page_shuts_anybody_out(open_shop: Shop, customer: Customer, context: BrowserContext) -> None:
    found = {}
    for name in visits(customer, open_shop):
        results = Axe().run(customer.page, options=RULES)
        if results.violations_count:
            found[name] = results.generate_report()
        width = customer.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if width > 0:
            found[f"{name}, width"] = f"scrolls sideways by {width} pixels"

    assert found == {}, "\n".join(f"{name}: {report}" for name, report in found.items())


def test_no_page_weighs_more_than_100_kilobytes(open_shop: Shop, customer: Customer) -> None:
    sizes: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if "/media/" not in response.url and response.status < 300:
            sizes[response.url] = len(response.body())

    for number in range(30):
        open_shop.create_product(f"A product with quite a long title, number {number:02}")
    page: Page = customer.page
    page.on("response", weigh)
    page.goto("/", wait_until="networkidle")

    assert 20_000 < sum(sizes.values()) < HEAVIEST, sizes


def test_no_page_asks_another_host_for_anything(open_shop: Shop, customer: Customer) -> None:
    asked: set[str] = set()
    customer.page.on("request", lambda request: asked.add(request.url))

    for _ in visits(customer, open_shop):
        pass

    assert asked
    assert {url for url in asked if not url.startswith((open_shop.address, "data:"))} == set()
