"""A real browser at the real shop. Without Chromium these tests are left out, which the run then says."""

from collections.abc import Iterator
from shutil import which

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.customers import Customer
from tests.shopping import Shop

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
PATIENCE = 30_000
"""Milliseconds that a slow machine may take."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=which("chromium"), args=FLAGS, timeout=60_000)
    yield browser
    browser.close()


@pytest.fixture
def context(browser: Browser, open_shop: Shop, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A fresh browser; `@pytest.mark.parametrize("context", [{…}], indirect=True)` sets its options."""
    context = browser.new_context(base_url=open_shop.address, **getattr(request, "param", {}))
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def customer(page: Page) -> Customer:
    return Customer(page)
