"""What a customer does with a browser, in their own words."""

from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests.shopping import PASSWORD


class Customer:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.email = f"{uuid4().hex[:12]}@example.com"

    def sign_up(self) -> None:
        self.page.goto("/sign-up/")
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign up").click()
        expect(self.page.get_by_role("link", name="Account")).to_be_visible()

    def put_into_basket(self, product_id: str) -> None:
        self.page.goto(f"/products/{product_id}/")
        self.page.get_by_role("button", name="Add to basket").click()
        expect(self.page.get_by_text("is in your basket")).to_be_visible()

    def order(self, product_id: str) -> None:
        """Ends on Your products, whatever that says."""
        self.put_into_basket(product_id)
        self.page.goto("/basket/")
        self.page.get_by_role("button", name="Order now").click()
        expect(self.page.get_by_role("heading", name="Your products", level=1)).to_be_visible()

    def cancel_last_order(self) -> None:
        self.page.goto("/orders/")
        self.page.locator(".orders a").first.click()
        self.page.get_by_role("button", name="Cancel this order").click()

    def in_gallery(self, title: str) -> Locator:
        return self.page.locator("#products").get_by_role("link", name=title)
