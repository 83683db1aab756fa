"""A picture a metric: bars for each contender with the range of its rounds, a group for each setting."""

import re
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import FuncFormatter

from benchmarks.speed.figures import Figure, Result

COLOURS = ("#2f6f4f", "#b5533c", "#3d6a99", "#8a6fa8", "#c09a3e", "#6b7280", "#4c9a9a", "#a85c7c")

TOO_FAR_APART = 30
"""Beyond that the small bars could not be seen, and the scale is logarithmic."""


def draw(result: Result, folder: Path) -> Iterator[Path]:
    """SVG files, one for each metric that more than one bar can be drawn of."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f"{result.part}-*.svg"):
        stale.unlink()
    for metric in dict.fromkeys(figure.metric for figure in result.figures):
        figures = [figure for figure in result.figures if figure.metric == metric]
        if len(figures) > 1:
            path = folder / f"{result.part}-{re.sub(r'[^a-z0-9]+', '-', metric.lower()).strip('-')}.svg"
            with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "shop", "font.size": 9}):
                _bars(figures, metric).savefig(path, metadata={"Date": None})
            yield path


def _bars(figures: list[Figure], metric: str) -> Canvas:
    settings = list(dict.fromkeys(figure.setting for figure in figures))
    contenders = list(dict.fromkeys(figure.contender for figure in figures))
    thickness = 0.8 / len(contenders)
    canvas = Canvas(figsize=(7.5, 0.7 + 0.32 * len(figures)), layout="constrained")
    axes = canvas.subplots()
    for figure in figures:
        row, turn = settings.index(figure.setting), contenders.index(figure.contender)
        at = row + (turn - (len(contenders) - 1) / 2) * thickness
        low, high = figure.median - min(figure.values), max(figure.values) - figure.median
        axes.barh(
            at, figure.median, thickness * 0.9, xerr=[[low], [high]], color=COLOURS[turn % len(COLOURS)]
        )
    axes.set_yticks(range(len(settings)), settings)
    for turn, contender in enumerate(contenders):
        axes.barh(0, 0, color=COLOURS[turn % len(COLOURS)], label=contender)
    axes.invert_yaxis()
    medians = [figure.median for figure in figures]
    if min(medians) > 0 and max(medians) > TOO_FAR_APART * min(medians):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.set_xlabel(f"{metric}, {figures[0].unit}")
    axes.spines[["top", "right"]].set_visible(False)
    if len(contenders) > 1:
        canvas.legend(loc="outside upper left", ncols=3, frameon=False)
    return canvas
