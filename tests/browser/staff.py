"""What staff does with a browser."""

from playwright.sync_api import Page

from tests.shopping import PASSWORD


def sign_in(page: Page, address: str) -> None:
    """Ends on that page of the admin."""
    page.goto(f"/admin/login/?next={address}")
    page.locator("[name=username]").fill("staff@example.com")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(f"**{address}**")
