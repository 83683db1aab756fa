"""The harness as it is called: green on the shop as it is, red as soon as one safeguard is off."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from benchmarks.chaos.sabotage import SABOTAGES
from stack import CODE_DIR, StackError
from stack.rabbit import rabbit_script

Run = tuple[int, dict[str, Any], str]
"""Exit status, JSON and what was printed."""

WITH_ALL = "with all safeguards"
SHORT = ("--seconds", "6", "--patience", "20")
"""What a stopped worker had been given comes to be asked for twice, which takes 3 s, then 6, and what beat adds."""

SEEDS = (1, 2, 3)
"""What a fault breaks depends on its moment: a lost event does not show if a later one brings the same row. So one
run without a safeguard may come out well, and the next is to show it."""


def chaos(tmp_path: Path, *options: str, seed: int = 1) -> Run:
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


@pytest.fixture(scope="module")
def sabotaged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Run]]]:
    """Two runs at once: most of the time they wait."""
    wanted = {
        cast(Any, item).callspec.params["name"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == test_it_fails_without.__name__
    }
    with ThreadPoolExecutor(2) as pool:
        with_all = pool.submit(chaos, tmp_path_factory.mktemp("with_all"), *SHORT)
        without = {
            name: pool.submit(until_it_shows, name, tmp_path_factory.mktemp(name)) for name in sorted(wanted)
        }
        yield {WITH_ALL: with_all, **without}


def until_it_shows(name: str, folder: Path) -> Run:
    for seed in SEEDS:
        data_dir = str(folder / f"data {seed}")
        status, outcome, printed = chaos(
            folder, *SHORT, "--sabotage", name, "--data-dir", data_dir, seed=seed
        )
        if status:
            break
    return status, outcome, printed


@pytest.mark.parametrize("name", sorted(SABOTAGES))
def test_it_fails_without(name: str, sabotaged: dict[str, Future[Run]]) -> None:
    status, outcome, printed = sabotaged[name].result()

    assert status == 1, printed
    assert not outcome["passed"]
    assert outcome["lost"] + outcome["doubled"] + outcome["wrong"] > 0
    # Otherwise the sabotage does not fit the product any more, and fails for reasons of its own.
    assert outcome["dead_lettered"] == 0, printed


def test_so_short_a_run_beside_another_passes_with_all_of_them(
    sabotaged: dict[str, Future[Run]],
) -> None:
    status, _, printed = sabotaged[WITH_ALL].result()

    assert status == 0, printed
