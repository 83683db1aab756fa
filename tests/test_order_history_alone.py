"""Promise 5: the history depends on nobody. Real processes, which are then killed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import psycopg
import pytest

from stack import CODE_DIR, PROCFILE
from stack.broker_server import BrokerServer
from stack.live import LiveStack
from stack.ports import free_port
from tests.databases import Servers
from tests.stack.processes import becomes_true, is_alive

ALONE = "env -u DATABASE_URL DJANGO_SETTINGS_MODULE=config.settings.order_history"
PROGRAMS = f"""
alone_web: {ALONE} gunicorn config.wsgi --bind 127.0.0.1:$ALONE_PORT --worker-class gthread --threads 2 \
--no-control-socket
alone_worker: {ALONE} celery -A config worker -Q order_history -n alone.$$@%h -P prefork -c 1 \
--without-gossip --without-mingle --without-heartbeat
"""
SHOP = ["web", "relay", "beat"]
CUSTOMER = {"email": "ann@example.com", "password": "a quiet teapot"}
STOCK = """
import io
from PIL import Image
from django.core.files.base import ContentFile
from products.operations import create_product
picture = io.BytesIO()
Image.new("RGB", (8, 8), "red").save(picture, "PNG")
for title, image in [("Teapot", ContentFile(picture.getvalue(), "teapot.png")), ("Lamp", None)]:
    print(create_product(title=title, price=12, currency="EUR", image=image).id)
"""


class Site:
    """A web server, asked as a client would."""

    def __init__(self, port: int) -> None:
        self._root = f"http://127.0.0.1:{port}"
        self._opener = build_opener(ProxyHandler({}))

    def ask(self, path: str, body: Any = None, token: str = "") -> tuple[int, Any, Any]:
        """Status, headers and what the JSON says; status 0 while nobody listens."""
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        data = None if body is None else json.dumps(body).encode()
        try:
            with self._opener.open(Request(self._root + path, data, headers), timeout=10) as answer:
                return answer.status, answer.headers, json.load(answer)
        except HTTPError as error:
            with error:
                return error.code, error.headers, None
        except (URLError, ConnectionError, TimeoutError):
            return 0, None, None

    def sign_in(self, customer: dict[str, str]) -> str:
        """What a browser remembers of it for pages."""
        jar = CookieJar()
        browser = build_opener(ProxyHandler({}), HTTPCookieProcessor(jar))
        browser.open(f"{self._root}/sign-in/", timeout=10).close()
        form = {**customer, "csrfmiddlewaretoken": _of(jar, "csrftoken")}
        browser.open(f"{self._root}/sign-in/", urlencode(form).encode(), timeout=10).close()
        return _of(jar, "visitor")

    def page(self, path: str, visitor: str) -> tuple[int, str]:
        """As a browser asks in which somebody has signed in."""
        try:
            with self._opener.open(
                Request(self._root + path, headers={"Cookie": f"visitor={visitor}"}), timeout=10
            ) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()


def _of(jar: CookieJar, name: str) -> str:
    return next(str(cookie.value) for cookie in jar if cookie.name == name)


class Shop:
    """The shop and, in processes of its own with only its own database, the history."""

    def __init__(self, stack: LiveStack, broker: BrokerServer, databases: dict[str, str]) -> None:
        self.stack, self._broker, self._databases = stack, broker, databases
        self.site = Site(int(stack.env["PORT"]))
        self.history = Site(int(stack.env["ALONE_PORT"]))

    def sell(self) -> tuple[str, str]:
        """Somebody orders a teapot and two lamps; the address of their history, and their token."""
        products = self.stack.manage("shell", "--verbosity", "0", "-c", STOCK).stdout.split()
        _, _, user = self.site.ask("/api/v1/users/", CUSTOMER)
        _, _, tokens = self.site.ask("/api/v1/token/", CUSTOMER)
        for quantity, product in enumerate(products, start=1):
            order = {"lines": [{"product_id": product, "quantity": quantity}]}
            assert self.site.ask("/api/v1/orders/", order, tokens["access"])[0] == 201
        self.stack.wait_until_caught_up()
        return f"/api/v1/order-history/users/{user['id']}/products/", tokens["access"]

    def destroy(self) -> None:
        """All but the history: processes, broker, database."""
        for program in SHOP:
            self.stack.kill(program)
        self._broker.kill()
        if url := self._databases.get("DATABASE_URL"):
            server, name = url.rsplit("/", 1)
            with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        for file in self.stack.data_dir.glob("shop.sqlite3*"):
            file.unlink()


@pytest.fixture
def shop(servers: Servers, broker: BrokerServer, tmp_path: Path) -> Iterator[Shop]:
    procfile = tmp_path / "Procfile"
    procfile.write_text(PROCFILE.read_text() + PROGRAMS)
    with servers.new_databases() as databases:
        env = {
            **os.environ,
            **databases,
            "CELERY_BROKER_URL": broker.url,
            "EVENT_BUS_SWEEP_INTERVAL": "0.5",
            "EVENT_BUS_FRESHNESS_OBJECTIVE": "3",
            "EVENT_BUS_FROZEN_AFTER": "3",
            "PORT": str(free_port()),
            "ALONE_PORT": str(free_port()),
        }
        with LiveStack(tmp_path / "live", env=env, procfile=procfile, restart=False) as stack:
            stack.migrate()
            stack.start(*SHOP, "alone_web", "alone_worker")
            shop = Shop(stack, broker, databases)
            assert becomes_true(
                lambda: shop.site.ask("/livez")[0] == shop.history.ask("/livez")[0] == 200, seconds=90
            )
            yield shop


def test_with_everything_else_gone_the_history_answers_as_before(shop: Shop) -> None:
    address, token = shop.sell()
    visitor = shop.site.sign_in(CUSTOMER)
    assert becomes_true(
        lambda: (
            [row["title"] for row in shop.history.ask(address, token=token)[2]["results"]]
            == ["Lamp", "Teapot"]
        ),
        seconds=60,
    )
    assert becomes_true(lambda: shop.history.ask("/readyz")[2]["status"] == "ok", seconds=60)
    _, _, before = shop.history.ask(address, token=token)
    worker = shop.stack.pid("alone_worker")

    shop.destroy()
    assert becomes_true(
        lambda: (shop.history.ask("/readyz")[2]["why"] or "").startswith(
            "nothing has been heard from the shop for"
        )
    )

    status, headers, after = shop.history.ask(address, token=token)
    assert status == 200
    assert [(row["title"], row["quantity"]) for row in before["results"]] == [("Lamp", 2), ("Teapot", 1)]
    assert before["results"][1]["image"].startswith("/media/products/")
    assert after["results"] == before["results"]
    assert after["complete_as_of"] >= before["complete_as_of"]
    assert headers["Complete-As-Of"].replace("+00:00", "Z") == after["complete_as_of"]

    status, page = shop.history.page("/your-products/", visitor)
    assert status == 200
    assert page.index("Lamp") < page.index("Teapot")
    assert f"{datetime.fromisoformat(after['complete_as_of']):%H:%M} UTC" in page
    assert "The shop has not been heard from since" in page
    assert shop.history.page("/your-products/", "forged")[0] == 403
    assert shop.history.page("/static/storefront/shop.css", visitor)[0] == 200

    status, _, health = shop.history.ask("/readyz")
    assert status == 200
    assert health["complete_as_of"] == after["complete_as_of"]
    assert health["seconds_behind"] >= 3
    assert health["status"] == "degraded"
    assert shop.history.ask("/livez")[2] == {"status": "ok"}

    shop.stack.kill("alone_web")
    shop.stack.start("alone_web")
    assert becomes_true(lambda: shop.history.ask("/livez")[0] == 200)
    assert shop.history.ask(address, token=token)[2] == after

    time.sleep(5)  # longer than a frozen worker may live
    assert worker == shop.stack.pid("alone_worker")
    assert worker
    assert is_alive(worker)
    assert shop.site.ask("/livez")[0] == 0


def test_the_history_alone_serves_nothing_of_the_shop(shop: Shop) -> None:
    for path in ("/admin/", "/api/v1/products/", "/api/v1/users/me/", "/api/v1/orders/", "/api/v1/token/"):
        assert shop.history.ask(path)[0] == 404

    assert (
        shop.history.ask("/api/v1/order-history/users/00000000-0000-0000-0000-000000000000/products/")[0]
        == 401
    )


def test_the_history_alone_loads_nothing_of_the_shop() -> None:
    loaded = run_alone(
        "import json, sys, config.wsgi, config.celery\n"
        "config.celery.app.loader.import_default_modules()\n"
        "config.celery.app.finalize()\n"
        "from django.core import checks\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        "checks.run_checks()\n"
        "print(json.dumps(sorted(sys.modules)))"
    )

    names = json.loads(loaded)
    assert "order_history.api.views" in names
    assert "event_bus.inbox.tasks" in names
    assert [
        name for name in names if name.split(".")[0] in ("products", "users", "orders", "shop_import")
    ] == []
    assert [
        name for name in names if name.startswith(("event_bus.outbox", "stack", "config.settings.shop"))
    ] == []


def test_the_history_alone_prepares_its_own_database_and_no_other(servers: Servers, tmp_path: Path) -> None:
    with servers.new_databases() as databases:
        env = {
            "DATA_DIR": str(tmp_path),
            **databases,
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
        }
        run_alone(
            "import django\n"
            "from django.core.management import call_command\n"
            "django.setup()\n"
            "call_command('check', fail_level='WARNING')\n"
            "call_command('migrate', database='order_history', verbosity=0)\n"
            "call_command('dead_letters')\n",
            **env,
        )

    assert not list(tmp_path.glob("shop.sqlite3*"))


def run_alone(code: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=CODE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.order_history", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
