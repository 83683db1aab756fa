"""`python -m benchmarks.capacity`: what so many users and order lines take, worked out from kept results."""

import argparse
import math
import sys

from benchmarks.capacity.calculating import calculation
from benchmarks.capacity.demand import Demand
from benchmarks.capacity.page import PAGE, write
from stack import StackError
from stack.console import complain


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.capacity", description=__doc__)
    usual = Demand()
    for name in Demand.__dataclass_fields__:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(
            option, type=float, default=getattr(usual, name), help=f"default {getattr(usual, name):g}"
        )
    parser.add_argument("--write", action="store_true", help="into docs/scaling.md")
    options = vars(parser.parse_args())
    to_page = options.pop("write")
    if wrong := [name for name, value in options.items() if not (0 < value < math.inf)]:
        parser.error(f"must be above 0: {', '.join(wrong)}")
    try:
        if to_page:
            write(PAGE, Demand(**options))
        else:
            print(calculation(Demand(**options)))
    except StackError as error:
        complain(error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
