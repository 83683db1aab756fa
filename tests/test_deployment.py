"""What the container and compose.yaml start is what runs here, and production's pages find their files."""

import re
import shlex

import pytest
import yaml

from stack import CODE_DIR
from stack.procfile import programs
from tests.test_production_settings import GIVEN, SHOP, run

COMPOSE = yaml.safe_load((CODE_DIR / "compose.yaml").read_text())
PAGE = """
import django; django.setup()
from django.test import Client
secure = {"Host": "shop.example", "X-Forwarded-Proto": "https", "Accept-Encoding": "gzip"}
page = Client().get("/sign-in/", headers=secure).content.decode()
import re
address = re.search(r'/static/storefront/shop[^"]*css', page)[0]
file = Client().get(address, headers=secure)
print(address, file.status_code, file["Content-Encoding"], file["Cache-Control"])
"""


@pytest.mark.parametrize("name", ["web", "relay", "history", "beat"])
def test_compose_starts_what_the_procfile_starts(name):
    here = essence(programs(CODE_DIR / "Procfile")[name].command)

    assert essence(COMPOSE["services"][name]["command"]) == here


def essence(command):
    """Without what only names and tells."""
    words = shlex.split(re.sub(r"-n \S+|--quiet|--loglevel \S+", "", command))
    return [word for word in words if word != "exec"]


def test_all_that_runs_for_long_in_compose_has_a_health_check_and_comes_back():
    for name, service in COMPOSE["services"].items():
        if name != "migrate":
            assert service["restart"] == "always", name
            assert service["healthcheck"]["test"], name


def test_collected_files_are_compressed_and_kept_for_good(tmp_path):
    env = {**GIVEN, "PROXIES": "1", "STATIC_ROOT": str(tmp_path / "files")}

    collected = run(tmp_path, "config.settings.collecting", "manage.py", "collectstatic", "--noinput", **env)
    shown = run(tmp_path, SHOP, "-c", PAGE, **env)

    assert collected.returncode == 0, collected.stderr
    address, status, encoding, caching = shown.stdout.strip().split(maxsplit=3)
    assert re.fullmatch(r"/static/storefront/shop\.[0-9a-f]{12}\.css", address), shown.stderr
    assert (status, encoding) == ("200", "gzip")
    assert "immutable" in caching


def test_production_says_that_nothing_was_collected(tmp_path):
    env = {**GIVEN, "STATIC_ROOT": str(tmp_path / "nothing")}

    checked = run(tmp_path, SHOP, "manage.py", "check", "--deploy", **env)

    assert checked.returncode == 1
    assert "collectstatic" in checked.stderr
