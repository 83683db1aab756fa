import re

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from users.models import User

pytestmark = pytest.mark.django_db


def policy(response):
    return dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))


@pytest.fixture
def staff():
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.com"))
    return client


@pytest.mark.parametrize("path", ["/", "/sign-in/", "/api/v1/products/", "/nowhere/", "/livez"])
def test_nothing_inline_and_nothing_from_elsewhere(path):
    found = policy(Client().get(path))

    assert found["default-src"] == "'none'"
    assert found["script-src"] == found["style-src"] == "'self'"
    assert found["frame-ancestors"] == "'none'"


def test_only_what_others_wrote_may_do_more(staff):
    admin = policy(staff.get("/admin/"))
    swagger = policy(staff.get("/api/v1/docs/"))

    assert admin["script-src"] == "'self' 'unsafe-eval'"
    assert swagger["script-src"] == "'self'"
    assert admin["style-src"] == swagger["style-src"] == "'self' 'unsafe-inline'"


@pytest.mark.parametrize(
    "path", ["/", "/sign-in/", "/sign-up/", "/api/v1/docs/", "/api/v1/redoc/", "/admin/"]
)
def test_pages_have_no_inline_script_and_load_only_what_is_served_here(staff, path):
    client = staff if path == "/admin/" else Client()

    page = client.get(path).content.decode()

    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert [body for attributes, body in scripts if body.strip() and "json" not in attributes] == []
    loaded = re.findall(r'<(?:script|link|img)\b[^>]*?\s(?:src|href)="([^"]+)"', page)
    assert [url for url in loaded if "//" in url.removeprefix("//testserver")] == []
    for url in loaded:
        if url.startswith("/static/"):
            assert finders.find(url.removeprefix("/static/").split("?")[0]), url


@pytest.mark.parametrize("path", ["/api/v1/docs/?script=", "/api/v1/schema/"])
def test_what_the_documentation_loads_is_there(path):
    assert Client().get(path).status_code == 200
