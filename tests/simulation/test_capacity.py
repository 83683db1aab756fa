"""The calculation of docs/scaling.md stands on kept results, and is what they give today."""

import subprocess
import sys

import pytest

from benchmarks.capacity.calculating import calculation
from benchmarks.capacity.demand import Demand
from benchmarks.capacity.kept import bytes_a_row
from benchmarks.capacity.page import BEGIN, END, PAGE, write
from stack import CODE_DIR, StackError


def test_the_page_is_what_the_results_give():
    written = PAGE.read_text().split(BEGIN)[1].split(END)[0]

    assert written.strip() == calculation(Demand()).strip(), "python -m benchmarks.capacity --write"


def test_bytes_a_row_are_those_of_the_page_about_storage():
    found = bytes_a_row()

    assert set(found) == {
        "outbox_outboxevent",
        *(
            f"order_history_{name}"
            for name in ("historyproduct", "historyuser", "historyorderline", "orderedproduct")
        ),
    }
    assert all(50 < size < 1000 for size in found.values())


def test_the_peak_is_what_its_assumptions_say():
    demand = Demand(users=0, products=0, lines=365 * 86_400, lines_an_order=1, peak_day=1, peak_hour=1 / 24)

    assert demand.peak == pytest.approx(1)


def test_a_page_without_marks_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("no marks")

    with pytest.raises(StackError, match="no marks"):
        write(page)

    assert page.read_text() == "no marks"


def test_an_assumption_that_cannot_be_is_refused():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.capacity", "--lines", "0"],
        cwd=CODE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "must be above 0: lines" in done.stderr
