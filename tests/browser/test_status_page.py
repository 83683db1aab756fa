"""The picture of the bus in a real browser: for everybody, on every screen, and always of now."""

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.test import RequestFactory
from django.urls import resolve
from playwright.sync_api import Browser, Page, Route, expect

from event_bus.status import Status
from event_bus.status_page import views
from tests.browser.test_accessibility import DESKTOP, PHONE, RULES, SCREENS
from tests.status_page import synthetic

ADDRESS = "http://shop.test/admin/event-bus/"


class StatusPage:
    """The page with made-up moments of the bus, served from memory to a real browser."""

    def __init__(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        self.page = page
        self.moment = synthetic.healthy()
        self.answers = True
        monkeypatch.setattr(views, "bus_status", lambda *, at: self.moment)
        page.route("**/*", self._serve)

    def open(self, moment: Status) -> None:
        self.moment = moment
        self.page.goto(ADDRESS, wait_until="networkidle")

    def _serve(self, route: Route) -> None:
        url = urlsplit(route.request.url)
        if url.path.startswith("/static/"):
            found = finders.find(url.path.removeprefix("/static/"))
            assert isinstance(found, str), url.path
            kind = mimetypes.guess_type(found)[0] or "application/octet-stream"
            route.fulfill(body=Path(found).read_bytes(), content_type=kind)
        elif url.path == urlsplit(ADDRESS).path:
            route.fulfill(
                status=200 if self.answers else 503, body=self._page(url.query), content_type="text/html"
            )
        else:
            route.fulfill(status=404)

    def _page(self, query: str) -> bytes:
        request = RequestFactory().get(f"/admin/event-bus/?{query}")
        request.user = get_user_model()(email="staff@example.com", is_staff=True, is_superuser=True)
        request.resolver_match = resolve("/admin/event-bus/")
        return views.status_page(request).content


@pytest.fixture
def status_page(
    browser: Browser, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StatusPage]:
    context = browser.new_context(**getattr(request, "param", {}))
    page = context.new_page()
    page.clock.install()
    yield StatusPage(page, monkeypatch)
    context.close()


@pytest.mark.parametrize("status_page", SCREENS, indirect=True)
def test_the_picture_shuts_nobody_out(status_page):
    status_page.open(synthetic.trouble())
    for name in ("search: 8 partitions", "search, minute by minute", "order_history, part by part"):
        status_page.page.get_by_text(re.compile(f"^{name}")).first.click()

    results = Axe().run(status_page.page, context="main", options=RULES)

    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("status_page", [{"viewport": PHONE}, {"viewport": DESKTOP}], indirect=True)
@pytest.mark.parametrize("moment", [synthetic.largest, synthetic.trouble, synthetic.nothing_known])
def test_no_screen_scrolls_sideways(status_page, moment):
    status_page.open(moment())

    assert status_page.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_page_shows_what_happens_while_one_looks_and_leaves_open_what_was_open(status_page):
    page = status_page.page
    status_page.open(synthetic.healthy())
    expect(page.locator(".bus-line")).to_have_text("Healthy.")
    page.get_by_text(re.compile("^warehouse: 24 partitions")).click()

    status_page.moment = synthetic.trouble()
    page.clock.run_for(6_000)

    expect(page.locator(".bus-line")).to_contain_text("no worker of order_history is alive")
    expect(page.get_by_role("region", name="warehouse, partition by partition")).to_be_visible()
    expect(page.get_by_role("region", name="search, partition by partition")).not_to_be_visible()
    expect(page.get_by_role("status").filter(has_text="no worker of order_history")).to_be_attached()


def test_a_page_that_gets_no_answer_says_how_old_it_is_until_it_gets_one(status_page):
    page = status_page.page
    status_page.open(synthetic.healthy())

    status_page.answers = False
    page.clock.run_for(6_000)
    expect(page.get_by_text(re.compile("What you see is from .*503"))).to_be_visible()

    status_page.answers = True
    page.clock.run_for(6_000)
    expect(page.get_by_text("What you see is from")).not_to_be_visible()


def test_a_comparison_with_the_sources_is_followed_while_one_looks(status_page):
    page = status_page.page
    never, half = synthetic.never_compared(), synthetic.comparison(0, finished=False, rows=200_000)
    moments = [never, replace(never, under_way=half), synthetic.compared(hours_ago=0, differed=2)]
    panel = page.get_by_role("region", name="Compared with the sources")
    said = [
        "Never compared with its sources.",
        "now orders: 200,000 rows",
        "2 rows differed, 2 still differ.",
    ]

    for number, (moment, words) in enumerate(zip(moments, said, strict=True)):
        one = synthetic.subscription(comparisons=moment)
        status_page.moment = synthetic.diagnosed(synthetic.facts([one]))
        if number == 0:
            status_page.open(status_page.moment)
        else:
            page.clock.run_for(6_000)
        expect(panel.get_by_text(words)).to_be_visible()

    expect(panel.get_by_text("manage.py reconcile --repair --subscription order_history")).to_be_visible()
    expect(page.locator(".bus-line")).to_contain_text("2 rows of order_history differ")
