"""The command, with real workers and a real broker."""

import json

import pytest

from tests.shopping import Shop, eventually


@pytest.fixture(scope="module")
def shop(open_shop: Shop):
    for n in range(3):
        open_shop.order(open_shop.create_product(f"Thing {n}"), quantity=n + 1)
    eventually(lambda: len(open_shop.history()) == 3, within=30)
    return open_shop


def damage(shop):
    shop.stack.manage(
        "shell",
        "-v0",
        "-c",
        "from order_history.models import *; HistoryProduct.objects.filter(title='Thing 1').update(title='X')",
    )


def test_nothing_differs_and_the_command_says_so(shop):
    report = json.loads(shop.stack.manage("reconcile", "--json").stdout)

    assert report["drift_left"] == 0
    assert report["parts"]["products"]["rows"] >= 3


def test_drift_is_reported_with_exit_code_3_and_repaired_with_0(shop):
    damage(shop)

    found = shop.stack.manage("reconcile", check=False)
    assert found.returncode == 3
    assert "products" in found.stdout
    assert "rows that differ: 1" in found.stderr

    repaired = shop.stack.manage("reconcile", "--repair")
    assert "ordered products" in repaired.stdout
    assert "Thing 1" in {row["title"] for row in shop.history()}
