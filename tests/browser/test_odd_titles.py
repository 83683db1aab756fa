"""A title may be anything that staff can type: no page grows wider than its screen."""

import pytest
from playwright.sync_api import Page

from tests.shopping import Shop

NARROWEST = {"viewport": {"width": 320, "height": 640}}
"""WCAG 2.2, 1.4.10: nobody has to scroll in two directions."""


@pytest.mark.parametrize("context", [NARROWEST], indirect=True)
@pytest.mark.parametrize("title", ["W" * 200, "م" * 200, "👨‍👩‍👧‍👦" * 25, "<img src=x onerror=alert(1)>"])
def test_a_page_stays_as_wide_as_its_screen(page: Page, open_shop: Shop, title: str) -> None:
    product_id = open_shop.create_product(title)
    page.on("dialog", lambda dialog: pytest.fail(f"a title ran: {dialog.message}"))

    for address in (f"/?q={title[:50]}", f"/products/{product_id}/", "/basket/", "/sign-in/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
        if "/products/" in address:
            with page.expect_navigation():  # the click alone does not wait for the page that follows
                page.get_by_role("button", name="Add to basket").click()
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, "the message"
