"""The first thing that people run, on either database."""

import json
from pathlib import Path

from tests.stack.test_commands import env, processes_in, stack  # noqa: F401 (a fixture)


def test_the_demo_shows_the_history_and_a_second_run_finds_nothing_to_do(
    env: dict[str, str],  # noqa: F811
    tmp_path: Path,
) -> None:
    export = tmp_path / "exports" / "history.jsonl"

    first = stack("demo", "--export", str(export), env=env)
    second = stack("demo", env=env)

    assert first.returncode == 0, first.stderr
    assert "374 events reached the history" in first.stdout
    assert {"user_id", "product_id", "title", "image"} <= set(json.loads(export.read_text().splitlines()[0]))
    assert second.returncode == 0, second.stderr
    assert "Nothing new to import" in second.stdout
    assert "admin@example.com" in first.stdout
    assert signs_in(first.stdout) == signs_in(second.stdout)
    assert processes_in(env["DATA_DIR"]) == []


def signs_in(output: str) -> str:
    """What it says of the accounts."""
    return output.partition("Sign in with:")[2].partition("\n\n")[0]
