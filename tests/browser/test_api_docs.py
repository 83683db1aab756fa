"""The documentation of the API works in a browser, under the policy that it is served with."""

from playwright.sync_api import Page, expect


def errors_of(page: Page) -> list[str]:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return errors


def test_swagger_ui_shows_and_tries_operations(page: Page) -> None:
    errors = errors_of(page)
    page.goto("/api/v1/docs/")

    page.locator("#operations-products-products_list, [id$=products_list]").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    assert errors == []


def test_redoc_shows_operations_and_asks_nobody_else_for_anything(page: Page) -> None:
    errors = errors_of(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/api/v1/redoc/")
    here = page.url.partition("/api/")[0]

    expect(page.get_by_role("heading", name="Place an order")).to_be_visible()
    expect(page.get_by_alt_text("redocly logo")).to_have_count(0)
    assert [url for url in asked if not url.startswith((here, "data:", "blob:"))] == []
    assert errors == []
