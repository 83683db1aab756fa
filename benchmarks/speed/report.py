"""Results as tables: on the terminal, and as docs/benchmarks.md with its pictures."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.speed.figures import Figure, Goal, Result
from benchmarks.speed.plots import draw

INTRODUCTION = """\
# Benchmarks

Written by `make bench`, which starts every server that it measures, on this one machine. Each figure is the
median of its rounds, with the lowest and the highest beside it; contenders take turns within a round, so
that whatever else the machine does meets all of them alike. The largest sizes have one round: lowest and highest
are the same there. Ratios can be compared between machines, absolute
figures cannot, not even between hours of a machine that others use too. A row that loses stays in. The same
figures as JSON, a value a round: `benchmarks/results/full/`.
"""


def show(result: Result, console: Console) -> None:
    table = Table(title=result.title, title_justify="left", box=None, pad_edge=False)
    for column in ("", "what", "median", "lowest … highest"):
        table.add_column(column, justify="left" if column in ("", "what") else "right")
    for figure in result.figures:
        table.add_row(
            _who(figure),
            figure.metric,
            f"{number(figure.median)} {figure.unit}",
            f"{number(min(figure.values))} … {number(max(figure.values))}",
        )
    console.print(table)
    for goal in result.goals:
        style, mark = ("green", "✓") if goal.met else ("red", "✗")
        console.print(f"{mark} {goal.text}: {_against(goal)}", style=style, markup=False)


EARLIER = """\
## An earlier run

Goals only, by older code, of the parts that were measured above while the machine was slower; figures in
`benchmarks/results/earlier/`.
"""


def write_page(path: Path, results: Sequence[Result], earlier: Sequence[Result] = ()) -> None:
    """`earlier`: of a run that stands beside the main one, its goals only."""
    sections = [INTRODUCTION, *_machines(results), "## Goals\n", _goals(results)]
    if earlier:
        sections += [EARLIER, *_machines(earlier)]
        sections += [*(f"- {one.part}: {one.measured}" for one in earlier), "", _goals(earlier)]
    for result in results:
        remarks = [*result.remarks, *filter(None, [result.measured])]
        sections += [f"## {result.title}\n", *(f"{remark}\n" for remark in remarks), _figures(result)]
        for picture in draw(result, path.parent / "images" / "benchmarks"):
            sections.append(f"![{picture.stem}]({picture.relative_to(path.parent)})\n")
    path.write_text("\n".join(sections))


def number(value: float) -> str:
    """Three digits that mean something."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _machines(results: Iterable[Result]) -> list[str]:
    """Each once: parts may have been measured on several."""
    return [f"{machine}\n" for machine in dict.fromkeys(one.machine for one in results) if machine]


def _goals(results: Iterable[Result]) -> str:
    rows = ["| | goal | measured | |", "|---|---|---:|---|"]
    for result in results:
        for goal in result.goals:
            verdict = "met" if goal.met else f"**missed** by {goal.missed_by:.2f} ×"
            rows.append(f"| {result.part} | {goal.text}: {_bound(goal)} | {_value(goal)} | {verdict} |")
    return "\n".join([*rows, ""])


def _figures(result: Result) -> str:
    rows = ["| | | median | lowest | highest | |", "|---|---|---:|---:|---:|---|"]
    for figure in result.figures:
        low, high = number(min(figure.values)), number(max(figure.values))
        rows.append(
            f"| {_who(figure)} | {figure.metric} | {number(figure.median)} | {low} | {high} | {figure.unit} |"
        )
    return "\n".join([*rows, ""])


def _who(figure: Figure) -> str:
    return f"{figure.contender}, {figure.setting}" if figure.setting else figure.contender


def _bound(goal: Goal) -> str:
    return f"{'at least' if goal.at_least else 'at most'} {goal.bound:g} {goal.unit}"


def _value(goal: Goal) -> str:
    return f"{number(goal.value)} {goal.unit}"


def _against(goal: Goal) -> str:
    return f"{_value(goal)} ({_bound(goal)})"
