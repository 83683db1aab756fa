"""The harness as it is called: green on the shop as it is, red as soon as one safeguard is off."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.chaos.sabotage import SABOTAGES
from stack import CODE_DIR, StackError
from stack.rabbit import rabbit_script

SEEDS = (1, 2, 3)
"""What a fault breaks depends on its moment: a lost event does not show if a later one brings the same row. So one
run without a safeguard may come out well, and the next is to show it."""


def chaos(tmp_path: Path, *options: str, seed: int = 1) -> tuple[int, dict[str, Any], str]:
    """Exit status, JSON and what was printed."""
    file = tmp_path / "chaos.json"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", "--seed", str(seed), "--json", str(file), *options],
        cwd=CODE_DIR,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert file.exists(), done.stdout + done.stderr
    return done.returncode, json.loads(file.read_text()), done.stdout


pytestmark = pytest.mark.postgres  # two servers of its own, once is enough


def test_nothing_shows_of_what_was_broken(tmp_path: Path) -> None:
    status, outcome, printed = chaos(tmp_path, "--seconds", "15")

    assert status == 0, printed
    assert outcome["passed"]
    assert outcome["lost"] == outcome["doubled"] == outcome["wrong"] == outcome["dead_lettered"] == 0
    assert outcome["acknowledged_writes"] > 0
    assert outcome["fault_kinds"] >= 5


def test_nothing_shows_of_it_with_rabbitmq(tmp_path: Path) -> None:
    try:
        rabbit_script("rabbitmq-server")
    except StackError as missing:
        pytest.skip(str(missing))

    status, outcome, printed = chaos(tmp_path, "--seconds", "15", "--broker", "rabbitmq")

    assert status == 0, printed
    assert outcome["fault_kinds"] >= 4


@pytest.mark.parametrize("name", sorted(SABOTAGES))
def test_it_fails_without(name: str, tmp_path: Path) -> None:
    for seed in SEEDS:
        data_dir = str(tmp_path / f"data {seed}")
        status, outcome, printed = chaos(
            tmp_path,
            *("--seconds", "6", "--patience", "6", "--sabotage", name, "--data-dir", data_dir),
            seed=seed,
        )
        if status:
            break

    assert status == 1, printed
    assert not outcome["passed"]
    assert outcome["lost"] + outcome["doubled"] + outcome["wrong"] > 0
    # Otherwise the sabotage does not fit the product any more, and fails for reasons of its own.
    assert outcome["dead_lettered"] == 0, printed
