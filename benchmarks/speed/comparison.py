"""Whether a ratio has fallen since the results that are kept."""

import json
from pathlib import Path

from benchmarks.speed.figures import Goal, Result

TOLERATED = 1.5
"""A ratio that is a third lower, or half as high again where it should be low, is no noise."""


def fallen(result: Result, kept: Path) -> list[str]:
    """A sentence for each ratio that is much worse than in the kept file; none where that is missing."""
    if not kept.exists():
        return []
    before = {goal.text: goal for goal in Result.from_json(json.loads(kept.read_text())).goals}
    return [
        f"{result.part}: {goal.text}: {goal.value:.2f} × now, {before[goal.text].value:.2f} × before"
        for goal in result.goals
        if goal.unit == "×" and goal.text in before and _is_worse(goal, before[goal.text])
    ]


def _is_worse(now: Goal, before: Goal) -> bool:
    if now.at_least:
        return now.value * TOLERATED < before.value
    return now.value > before.value * TOLERATED
