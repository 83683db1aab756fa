"""`python -m benchmarks.speed`: measures everything, part by part, and writes docs/benchmarks.md."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks.capacity import page as capacity
from benchmarks.speed.comparison import fallen
from benchmarks.speed.figures import Result
from benchmarks.speed.part import PARTS
from benchmarks.speed.report import show, write_page
from stack import CODE_DIR
from stack.tether import tethered

RESULTS = CODE_DIR / "benchmarks" / "results"
PAGE = CODE_DIR / "docs" / "benchmarks.md"


QUICK_PARTS = ("query", "pipeline", "writing")
"""Those whose ratios are quickly measured, and hardly depend on how much is measured."""

LOOKS = 3
"""A ratio has fallen if it is low each time: something else may have kept the machine busy."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help=f"small, {', '.join(QUICK_PARTS)} in three minutes; compared with the kept results, not documented",
    )
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, help="these parts; of the others the kept results"
    )
    parser.add_argument("--keep", action="store_true", help="keep the results of --quick to compare with")
    options = parser.parse_args()
    console = Console(highlight=False, soft_wrap=True)
    kept = RESULTS / ("quick" if options.quick else "full")
    kept.mkdir(parents=True, exist_ok=True)
    names = options.only or (QUICK_PARTS if options.quick else PARTS)
    try:
        if options.quick and not options.keep:
            return _compare(names, kept, console)
        failed = _measure(names, console, quick=options.quick, keep_in=kept)[1]
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    if not options.quick:
        write_page(PAGE, _kept_in(kept), earlier=_kept_in(RESULTS / "earlier"))
        capacity.write(capacity.PAGE)
        for page in (PAGE, capacity.PAGE):
            console.print(f"Written: {page.relative_to(CODE_DIR)}")
    return 1 if failed else 0


def _compare(names: Sequence[str], kept: Path, console: Console) -> int:
    if missing := [name for name in names if not (kept / f"{name}.json").exists()]:
        console.print(f"Nothing is kept that {', '.join(missing)} could be compared with.", style="red")
        console.print("On a quiet machine: python -m benchmarks.speed --quick --keep")
        return 2
    low: dict[str, set[str]] = {}
    for look in range(LOOKS):
        results, failed = _measure(names, console, quick=True)
        for result in results:
            found = fallen(result, kept / f"{result.part}.json")
            low[result.part] = low.get(result.part, set(found)) & set(found)
            for text in sorted(low[result.part]):
                console.print(found[text], style="red", markup=False)
        names = [*failed, *(result.part for result in results if low[result.part])]
        if not names:
            console.print("No ratio is a third worse than in the results that are kept.")
            return 0
        if look + 1 < LOOKS:
            console.print(f"{', '.join(names)}: measured again.")
    return 1


def _measure(
    names: Sequence[str], console: Console, *, quick: bool, keep_in: Path | None = None
) -> tuple[list[Result], list[str]]:
    """Results, and names of parts that have none. Each is kept as soon as it is there: the whole takes long."""
    results, failed = [], []
    with tempfile.TemporaryDirectory(prefix="shop-bench-") as folder:
        for name in names:
            file = Path(folder) / f"{name}.json"
            command = [sys.executable, "-m", "benchmarks.speed.part", name, "--json", str(file)]
            status = subprocess.run(
                tethered(*command, *(["--quick"] if quick else [])), cwd=CODE_DIR, check=False
            ).returncode
            if status == 130:
                raise KeyboardInterrupt
            if file.exists():
                results.append(_read(file))
                if keep_in:
                    shutil.copyfile(file, keep_in / file.name)
            else:
                failed.append(name)
    for result in results:
        show(result, console)
    for name in failed:
        console.print(f"{name} could not be measured: see above", style="red")
    return results, failed


def _kept_in(folder: Path) -> list[Result]:
    return [_read(file) for name in PARTS if (file := folder / f"{name}.json").exists()]


def _read(file: Path) -> Result:
    return Result.from_json(json.loads(file.read_text()))


if __name__ == "__main__":
    sys.exit(main())
