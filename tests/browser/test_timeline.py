"""Staff ask the page where an order is: one that arrived, one that waits, one that was put aside."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_accessibility import RULES, SCREENS
from tests.shopping import PASSWORD, Shop, eventually

PAGE = "/admin/event-bus/timeline/"
DAMAGE = """
from event_bus.outbox.models import OutboxEvent
event = OutboxEvent.objects.get(subject="{order}")
event.data["lines"][0]["quantity"] = 0
event.save()
"""


@pytest.fixture
def staff(page: Page) -> Page:
    page.goto(f"/admin/login/?next={PAGE}")
    page.locator("[name=username]").fill("staff@example.com")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.get_by_label("Order, product, user or event")).to_be_visible()
    return page


def ask(page: Page, order: str) -> None:
    page.get_by_label("Order, product, user or event").fill(order)
    page.get_by_role("button").filter(has_text="Where is it?").or_(
        page.get_by_role("button", name="Look again")
    ).click()
    page.wait_for_url(f"**{PAGE}?of={order}")


def arrived(shop: Shop) -> str:
    product = shop.create_product("Teapot")
    order = shop.order(product)
    eventually(lambda: shop.history_of(product), within=60)
    return order


def waiting(shop: Shop) -> str:
    """The worker is stopped; what the relay has sent meanwhile waits in the queue."""
    product = shop.create_product("Lamp")
    shop.stack.stop("history")
    order = shop.order(product)
    eventually(lambda: "waits to be received" in shop.stack.manage("trace_event", order).stdout, within=60)
    return order


def put_aside(shop: Shop) -> str:
    """What the log says of the order was damaged before it was sent."""
    product = shop.create_product("Clock")
    shop.stack.stop("relay")
    order = shop.order(product)
    shop.stack.manage("shell", "-c", DAMAGE.format(order=order))
    shop.stack.start("relay")
    eventually(lambda: "dead-lettered" in shop.stack.manage("trace_event", order).stdout, within=60)
    return order


@pytest.fixture
def at_work(open_shop: Shop) -> Iterator[Shop]:
    """Whatever a test stops runs again after it."""
    yield open_shop
    for name in ("relay", "history"):
        if not open_shop.stack.pid(name):
            open_shop.stack.start(name)


def test_an_order_that_arrived_shows_every_step_and_what_it_became(at_work: Shop, staff: Page) -> None:
    order = arrived(at_work)

    ask(staff, order)

    expect(staff.get_by_text("Order placed: it arrived, applied by order_history.")).to_be_visible()
    names = staff.locator(".tl-step strong").all_inner_texts()
    assert names == ["announced", "stored", "numbered", "sent", "received", "applied"]
    expect(staff.get_by_text(f"by user {at_work.customer_id}, on request")).to_be_visible()
    became = staff.get_by_label("What it became")
    expect(became).to_contain_text("1 order line")
    became.get_by_role("link").click()
    expect(staff.locator("#result_list")).to_contain_text(order)


def test_an_order_that_waits_says_that_the_worker_is_stopped_and_arrives_later(
    at_work: Shop, staff: Page
) -> None:
    order = waiting(at_work)

    ask(staff, order)

    expect(staff.get_by_text("Order placed: it waits to be received by order_history.")).to_be_visible()
    answer = staff.get_by_label("Answer")
    expect(answer).to_contain_text("in the queue order_history; none has been taken for")

    at_work.stack.start("history")
    eventually(lambda: "it arrived" in at_work.stack.manage("trace_event", order).stdout, within=60)
    staff.get_by_role("button", name="Look again").click()
    expect(staff.get_by_text("Order placed: it arrived, applied by order_history.")).to_be_visible()


def test_an_order_that_was_put_aside_says_why_and_leads_to_its_dead_letter(
    at_work: Shop, staff: Page
) -> None:
    order = put_aside(at_work)

    ask(staff, order)

    expect(staff.get_by_text("Order placed: it was dead-lettered by order_history.")).to_be_visible()
    expect(staff.get_by_label("Answer")).to_contain_text("lines.0.quantity")
    staff.get_by_role("link", name="the dead letter").click()
    expect(staff.get_by_text("ValidationError").first).to_be_visible()


def test_staff_come_from_the_page_of_the_order(at_work: Shop, staff: Page) -> None:
    order = arrived(at_work)
    staff.goto(f"/admin/orders/order/{order}/change/")

    staff.get_by_role("link", name="Where is it?").last.click()

    expect(staff.get_by_label("Answer")).to_contain_text("it arrived")


@pytest.mark.parametrize("context", SCREENS, indirect=True)
def test_the_page_shuts_nobody_out(at_work: Shop, staff: Page, context: BrowserContext) -> None:
    ask(staff, arrived(at_work))

    results = Axe().run(staff, context=".timeline", options=RULES)

    assert results.violations_count == 0, results.generate_report()
    assert staff.locator(".timeline").evaluate("element => element.scrollWidth - element.clientWidth") <= 0
