"""The command, with real workers and a real broker."""

import json

import pytest
from django.core.management import CommandError, call_command

from event_bus.inbox.models import Reconciliation
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
    assert "Nothing differs." in shop.stack.manage("reconcile").stdout


def test_drift_is_reported_with_exit_code_3_and_repaired_with_0(shop):
    damage(shop)

    found = shop.stack.manage("reconcile", check=False)
    assert found.returncode == 3
    assert "products" in found.stdout
    assert "rows that differ: 1" in found.stderr

    repaired = shop.stack.manage("reconcile", "--repair")
    assert "ordered products" in repaired.stdout
    assert "All that differed was repaired." in repaired.stdout
    assert "Thing 1" in {row["title"] for row in shop.history()}


@pytest.mark.django_db(databases=["order_history"])
def test_without_a_broker_it_says_so_at_once_and_begins_nothing(broker):
    broker.kill()

    with pytest.raises(CommandError, match="the broker does not answer, so no source can be asked"):
        call_command("reconcile")

    assert not Reconciliation.objects.exists()
