"""`python -m benchmarks.chaos`: breaks the running shop for a while; ends with 0 if nothing of it shows."""

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from rich.console import Console

from benchmarks.chaos.brokers import KINDS
from benchmarks.chaos.report import ProgressLine, as_json, show
from benchmarks.chaos.sabotage import SABOTAGES
from benchmarks.chaos.trial import Plan, run
from stack import StackError
from stack.console import complain


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long things break (default 60)")
    parser.add_argument(
        "--seed", type=int, help="of the faults' order and times (default: another each time)"
    )
    parser.add_argument("--database", choices=["postgres", "sqlite"], default="postgres")
    parser.add_argument("--broker", choices=sorted(KINDS), default="redis")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcome there as well")
    parser.add_argument(
        "--sabotage", choices=sorted(SABOTAGES), help="switch a safeguard off: this must fail"
    )
    parser.add_argument("--data-dir", type=Path, help="keep everything there (default: temporary)")
    parser.add_argument(
        "--patience", type=float, help="seconds without progress until it is given up (default 60)"
    )
    options = parser.parse_args()
    sabotage = SABOTAGES.get(options.sabotage or "")
    if sabotage and sabotage.needs_postgres and options.database != "postgres":
        parser.error(f"{options.sabotage} cannot show on {options.database}, which has one writer at a time")
    if sabotage and options.broker != "redis":
        parser.error("a sabotage can only be shown with redis")
    plan = Plan(
        seconds=options.seconds,
        seed=random.randrange(10_000) if options.seed is None else options.seed,
        database=options.database,
        broker=options.broker,
        sabotage=options.sabotage,
        patience=options.patience or (20 if sabotage else 60),
    )
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    return _run(plan, options.data_dir, options.json)


def _run(plan: Plan, kept: Path | None, file: Path | None) -> int:
    console = Console(highlight=False, soft_wrap=True)
    data_dir = (kept or Path(tempfile.mkdtemp(prefix="shop-chaos-"))).resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    console.print(
        f"chaos: {plan.seconds:g} s on {plan.database} with {plan.broker}, seed {plan.seed}", markup=False
    )
    keep = kept is not None
    try:
        with ProgressLine(console) as progress:
            outcome = run(plan, data_dir, progress.say)
        show(outcome, console)
        if file:
            file.write_text(json.dumps(as_json(outcome), indent=2) + "\n")
        keep = keep or not outcome.passed
        return 0 if outcome.passed else 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 130
    except StackError as error:
        complain(error)
        keep = True
        return 2
    finally:
        if keep:
            console.print(f"The logs are in {data_dir / 'log'}", markup=False)
        else:
            shutil.rmtree(data_dir, ignore_errors=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
