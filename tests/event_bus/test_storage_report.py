import io
import json
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from event_bus.storage import FEWEST_ROWS, dollars_a_month
from order_history.models import HistoryProduct

pytestmark = pytest.mark.django_db(databases=["default", "order_history"])


@pytest.fixture
def products():
    HistoryProduct.objects.bulk_create(
        HistoryProduct(product_id=uuid4(), title=f"Product {n}", version=1) for n in range(2 * FEWEST_ROWS)
    )


def report(*arguments):
    out = io.StringIO()
    call_command("storage_report", *arguments, stdout=out)
    return out.getvalue()


def test_each_table_with_enough_rows_is_measured_with_its_indexes(products):
    stored = [one for one in json.loads(report("--json")) if one["table"] == "order_history_historyproduct"]

    table, *indexes = stored
    assert table["rows"] == 2 * FEWEST_ROWS
    # 16 bytes of id, about 12 of title and 20 that every row needs: at least that, and no more than a page each
    assert 48 * table["rows"] < table["bytes"] < 4096 * table["rows"]
    assert indexes
    assert all(one["bytes"] >= 16 * one["rows"] for one in indexes)


def test_the_report_says_what_so_many_rows_would_cost(products, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")

    printed = report("--rows", "100000000", "--price", "0.2")

    assert "order_history_historyproduct" in printed
    assert "100,000,000 rows" in printed
    assert "fewer than 1,000 rows are left out" in printed


def test_a_gigabyte_has_its_price():
    assert dollars_a_month(2_000_000_000, price=0.115) == pytest.approx(0.23)


@pytest.mark.parametrize("wrong", [["--rows", "0"], ["--price", "-1"]])
def test_figures_that_make_no_sense_are_refused(wrong):
    with pytest.raises(CommandError, match="--rows is 1 or more"):
        report(*wrong)
