import pytest
from django.test import Client


@pytest.fixture
def browser(settings):
    settings.DEBUG = False
    return Client(raise_request_exception=False)


def test_an_unknown_address_gets_a_page_with_a_way_on(browser):
    answer = browser.get("/nothing/")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert 'href="/"' in answer.text


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_and_changes_nothing():
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/sign-in/", {"email": "ann@example.com", "password": "x"})

    assert answer.status_code == 403
    assert "Nothing was changed" in answer.text


def test_what_breaks_on_our_side_is_said_so_and_needs_no_database(browser, monkeypatch):
    def broken(*args):
        raise RuntimeError("broken")

    monkeypatch.setattr("products.pages.views.Search", broken)
    answer = browser.get("/")

    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text


def test_a_host_that_is_not_ours_is_refused_with_a_page(browser):
    answer = browser.get("/", headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert "made no sense" in answer.text
