"""Whether a ratio has fallen since the results that are kept."""

import json
from pathlib import Path

from benchmarks.speed.figures import Goal, Result

TOLERATED = 1.5
"""A ratio that is a third lower, or half as high again where it should be low, is no noise."""


def fallen(result: Result, kept: Path) -> dict[str, str]:
    """By ratio, what is wrong with it: much worse than in the kept file, or on one side alone."""
    before = _ratios(Result.from_json(json.loads(kept.read_text())))
    now = _ratios(result)
    alone = {text: f"{result.part}: {text}: measured, but not kept" for text in now.keys() - before.keys()}
    gone = {text: f"{result.part}: {text}: kept, but not measured" for text in before.keys() - now.keys()}
    worse = {
        text: f"{result.part}: {text}: {now[text].value:.2f} × now, {before[text].value:.2f} × before"
        for text in now.keys() & before.keys()
        if _is_worse(now[text], before[text])
    }
    return {**alone, **gone, **worse}


def _ratios(result: Result) -> dict[str, Goal]:
    return {goal.text: goal for goal in result.goals if goal.unit == "×"}


def _is_worse(now: Goal, before: Goal) -> bool:
    if now.at_least:
        return now.value * TOLERATED < before.value
    return now.value > before.value * TOLERATED
