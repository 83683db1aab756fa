"""What production refuses to start without, and how it keeps strangers out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SHOP = "config.settings.production"
HISTORY = "config.settings.order_history_production"

GIVEN = {
    "SECRET_KEY": "s3cret-and-long-enough-that-nobody-will-ever-guess-what-it-is",
    "JWT_SIGNING_KEY": "another-s3cret-that-is-long-enough-and-not-the-first-one",
    "DATABASE_URL": "postgres://shop:pw@127.0.0.1:1/shop",
    "ORDER_HISTORY_DATABASE_URL": "postgres://history:pw@127.0.0.1:1/history",
    "CELERY_BROKER_URL": "redis://:pw@127.0.0.1:1/0",
    "ALLOWED_HOSTS": "shop.example",
}
ANSWER = """
import django; django.setup()
from django.test import Client
for path, options in [("/livez", {}), ("/sign-in/", {}), ("/sign-in/", {"headers": {"X-Forwarded-Proto": "https"}})]:
    answer = Client().get(path, headers={"Host": "shop.example", **options.get("headers", {})})
    print(answer.status_code, dict(answer.headers))
"""


def run(tmp_path, settings, *arguments, **env):
    clean = {name: value for name, value in os.environ.items() if name not in {*GIVEN, "DEBUG", "PROXIES"}}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=Path(__file__).parents[1],
        env={**clean, "DJANGO_SETTINGS_MODULE": settings, "DATA_DIR": str(tmp_path), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("settings", "needed"), [(SHOP, set(GIVEN)), (HISTORY, set(GIVEN) - {"DATABASE_URL"})]
)
def test_it_does_not_start_without_what_it_names_all_at_once(tmp_path, settings, needed):
    refused = run(tmp_path, settings, "manage.py", "check")

    assert refused.returncode != 0
    assert {
        line.split(":")[0].strip() for line in refused.stderr.splitlines() if "is not set" in line
    } == needed
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("JWT_SIGNING_KEY", GIVEN["SECRET_KEY"]),
        ("CELERY_BROKER_URL", "redis://127.0.0.1/0"),
        ("DATABASE_URL", "sqlite:///shop.sqlite3"),
        ("ORDER_HISTORY_REPLICA_URL", "sqlite:///replica.sqlite3"),
        ("ALLOWED_HOSTS", "*"),
        ("DEBUG", "1"),
    ],
)
def test_it_does_not_start_with_what_is_too_weak(tmp_path, name, value):
    refused = run(tmp_path, SHOP, "-c", f"import {SHOP}", **{**GIVEN, name: value})

    assert refused.returncode != 0
    assert f"{name}: " in refused.stderr


def test_sentinels_need_the_name_of_whom_they_watch(tmp_path):
    sentinels = {**GIVEN, "CELERY_BROKER_URL": "sentinel://:pw@127.0.0.1:1/0;sentinel://:pw@127.0.0.1:2/0"}

    refused = run(tmp_path, SHOP, "-c", f"import {SHOP}", **sentinels)
    taken = run(tmp_path, SHOP, "-c", f"import {SHOP}", **sentinels, CELERY_BROKER_MASTER_NAME="shop")

    assert "CELERY_BROKER_MASTER_NAME: is not set" in refused.stderr
    assert taken.returncode == 0, taken.stderr


def test_the_history_takes_no_key_that_signs(tmp_path):
    asymmetric = {**GIVEN, "JWT_ALGORITHM": "RS256", "JWT_VERIFYING_KEY": "…"}

    refused = run(tmp_path, HISTORY, "-c", f"import {HISTORY}", **asymmetric)

    assert "JWT_SIGNING_KEY: must not be here" in refused.stderr


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """Environment that says where the static files are."""
    path = tmp_path_factory.mktemp("collected")
    env = {"STATIC_ROOT": str(path / "files")}
    done = run(path, "config.settings.collecting", "manage.py", "collectstatic", "--noinput", **env)
    assert done.returncode == 0, done.stderr
    return env


@pytest.mark.parametrize("settings", [SHOP, HISTORY])
def test_djangos_deployment_checks_find_nothing(tmp_path, settings, collected):
    options = ["--deploy", "--fail-level", "WARNING"]

    checked = run(tmp_path, settings, "manage.py", "check", *options, **GIVEN, **collected)

    assert (checked.returncode, checked.stdout.strip()) == (
        0,
        "System check identified no issues (0 silenced).",
    ), checked.stderr


def test_everything_but_probes_goes_by_https(tmp_path, collected):
    done = run(tmp_path, SHOP, "-c", ANSWER, **GIVEN, **collected, PROXIES="1")

    probe, plain, secure = done.stdout.splitlines()
    assert probe.startswith("200"), done.stderr
    assert plain.startswith("301")
    assert "https://shop.example/sign-in/" in plain
    assert secure.startswith("200")
    for header in (
        "'Strict-Transport-Security': 'max-age=31536000; includeSubDomains; preload'",
        "'X-Content-Type-Options': 'nosniff'",
        "'Referrer-Policy': 'same-origin'",
        "'X-Frame-Options': 'DENY'",
        "default-src 'none'",
    ):
        assert header in secure
