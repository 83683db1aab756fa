"""A real browser at the real shop."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from demo import chromium
from tests.browser.customers import Customer
from tests.shopping import Shop

PATIENCE = 30_000
"""Milliseconds that a slow machine may take."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for longer: while Playwright's loop runs in this thread, Django refuses to ask a database in it."""
    with chromium.running() as browser:
        yield browser


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
