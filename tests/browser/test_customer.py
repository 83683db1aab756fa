"""The shop as people use it: Chromium, the real processes, and nothing replaced."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.customers import Customer
from tests.browser.staff import sign_in
from tests.shopping import PASSWORD, Shop, eventually

WITHOUT_SCRIPTS = {"java_script_enabled": False}


@pytest.fixture
def title() -> str:
    return f"Teapot {uuid4().hex[:8]}"


def rename_in_admin(browser: Browser, shop: Shop, old: str, new: str) -> None:
    """As a member of staff does it."""
    context = browser.new_context(base_url=shop.address)
    page = context.new_page()
    sign_in(page, "/admin/products/product/")
    page.goto(f"/admin/products/product/?q={old}")
    page.get_by_role("link", name=old).first.click()
    page.locator("[name=title]").fill(new)
    page.locator("[name=_save]").click()
    expect(page.locator("body")).to_contain_text("changed successfully")
    context.close()


def shows_after_reload(page: Page, text: str) -> bool:
    page.reload()
    return page.get_by_text(text).count() > 0


def test_a_customer_signs_up_orders_sees_it_cancels_and_is_forgotten(
    browser: Browser, open_shop: Shop, customer: Customer, title: str
) -> None:
    page, product_id = customer.page, open_shop.create_product(title)
    customer.sign_up()

    customer.order(product_id)
    expect(page.get_by_text("Thank you. Your order is placed")).to_be_visible()
    expect(customer.in_gallery(title)).to_be_visible()

    rename_in_admin(browser, open_shop, title, f"{title}, renamed")
    page.goto("/your-products/")
    eventually(lambda: shows_after_reload(page, f"{title}, renamed"), within=60)

    customer.cancel_last_order()
    expect(page.get_by_text("Your order is cancelled. What you had ordered only")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing yet")).to_be_visible()

    page.goto("/account/")
    erasing = page.get_by_role("region", name="Erase the account")
    erasing.get_by_label("Your password").fill(PASSWORD)
    erasing.get_by_role("button", name="Erase my account").click()
    expect(page.get_by_text("Your account is erased")).to_be_visible()
    page.goto("/your-products/")
    expect(page.get_by_text("Sign in to see it")).to_be_visible()


def test_an_order_that_has_not_arrived_is_said_to_be_on_its_way_until_it_is_there(
    open_shop: Shop, customer: Customer, title: str
) -> None:
    page, product_id = customer.page, open_shop.create_product(title)
    customer.sign_up()
    open_shop.stack.wait_until_caught_up()
    open_shop.stack.stop("history")
    try:
        customer.order(product_id)
        on_its_way = page.get_by_text("on its way to this page")
        expect(on_its_way).to_be_visible()
        expect(page.locator("#news")).to_contain_text(title)
        assert customer.in_gallery(title).count() == 0
    finally:
        open_shop.stack.start("history")

    expect(customer.in_gallery(title)).to_be_visible(timeout=60_000)
    expect(on_its_way).to_be_hidden()
    expect(page.locator("#news")).to_contain_text("Thank you.")


@pytest.mark.parametrize("context", [WITHOUT_SCRIPTS], indirect=True)
def test_without_scripts_everything_works_and_news_still_come_by_themselves(
    open_shop: Shop, customer: Customer, title: str
) -> None:
    page, product_id = customer.page, open_shop.create_product(title)
    customer.sign_up()
    open_shop.stack.wait_until_caught_up()
    open_shop.stack.stop("history")
    try:
        customer.order(product_id)
        expect(page.get_by_text("on its way to this page")).to_be_visible()
    finally:
        open_shop.stack.start("history")

    expect(customer.in_gallery(title)).to_be_visible(timeout=60_000)
    customer.cancel_last_order()
    expect(page.get_by_text("Your order is cancelled. What you had ordered only")).to_be_visible(
        timeout=60_000
    )


def test_waiting_ends_with_an_honest_sentence(open_shop: Shop, customer: Customer, title: str) -> None:
    page, product_id = customer.page, open_shop.create_product(title)
    customer.sign_up()
    open_shop.stack.wait_until_caught_up()
    open_shop.stack.stop("history")
    try:
        customer.order(product_id)
        page.goto(re.sub(r"$", "&look=99", page.url))
        expect(page.get_by_text("has not come to this page yet")).to_be_visible()
        expect(page.get_by_text("It is safe, and it is taking longer than usual.")).to_be_visible()
    finally:
        open_shop.stack.start("history")
    page.get_by_role("link", name="Look again").click()
    expect(customer.in_gallery(title)).to_be_visible(timeout=60_000)


def test_a_double_click_orders_once(open_shop: Shop, customer: Customer, title: str) -> None:
    page, product_id = customer.page, open_shop.create_product(title)
    customer.sign_up()
    customer.put_into_basket(product_id)
    page.goto("/basket/")

    page.get_by_role("button", name="Order now").dblclick()
    expect(customer.in_gallery(title)).to_be_visible(timeout=60_000)

    page.goto("/orders/")
    expect(page.locator(".orders > li")).to_have_count(1)


def test_ordering_needs_no_mouse(open_shop: Shop, customer: Customer, title: str) -> None:
    page, product_id = customer.page, open_shop.create_product(title)
    customer.sign_up()
    page.goto("/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "search")
    page.keyboard.type(title)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q="))
    press_until(page, f"/products/{product_id}/")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    press_until(page, "Add to basket")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is in your basket")).to_be_visible()
    press_until(page, "/basket/")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Basket", level=1)).to_be_visible()
    press_until(page, "Order now")
    page.keyboard.press("Enter")

    expect(customer.in_gallery(title)).to_be_visible(timeout=60_000)


def press_until(page: Page, wanted: str) -> None:
    """Tab onto the field of this type, the link to this address or the button of this name, seeing the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        focused, outline = page.evaluate(
            """() => {
                const it = document.activeElement;
                const seen = getComputedStyle(it).outlineStyle + getComputedStyle(it, "::after").outlineStyle;
                return [it.getAttribute("href") || (it.type === "search" ? "search" : it.textContent.trim()), seen];
            }"""
        )
        assert outline != "nonenone", f"the focus on {focused!r} cannot be seen"
        if focused == wanted:
            return
    raise AssertionError(f"no {wanted!r} within 80 tabs")
