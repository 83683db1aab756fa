"""`python -m benchmarks.speed`: measures everything, part by part, and writes docs/benchmarks.md."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Literal

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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small, in some minutes; compared with the kept results instead of documented",
    )
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, default=PARTS, help="these parts; of the others the kept results"
    )
    parser.add_argument("--keep", action="store_true", help="keep the results of --quick to compare with")
    options = parser.parse_args()
    keep = options.keep or not options.quick
    console = Console(highlight=False, soft_wrap=True)
    kept = RESULTS / ("quick" if options.quick else "full")
    kept.mkdir(parents=True, exist_ok=True)
    try:
        results, failed = _measure(options.only, quick=options.quick, kept=keep and kept)
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    for result in results:
        show(result, console)
    for name in failed:
        console.print(f"{name} could not be measured: see above", style="red")
    if not keep:
        worse = [line for result in results for line in fallen(result, kept / f"{result.part}.json")]
        for line in worse:
            console.print(line, style="red", markup=False)
        return 1 if worse or failed else 0
    if not options.quick:
        write_page(PAGE, [_read(file) for name in PARTS if (file := kept / f"{name}.json").exists()])
        capacity.write(capacity.PAGE)
        for page in (PAGE, capacity.PAGE):
            console.print(f"Written: {page.relative_to(CODE_DIR)}")
    return 1 if failed else 0


def _measure(names: list[str], *, quick: bool, kept: Path | Literal[False]) -> tuple[list[Result], list[str]]:
    """Each result is kept as soon as it is there: the whole takes long."""
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
                if kept:
                    shutil.copyfile(file, kept / file.name)
            else:
                failed.append(name)
    return results, failed


def _read(file: Path) -> Result:
    return Result.from_json(json.loads(file.read_text()))


if __name__ == "__main__":
    sys.exit(main())
