"""Changes made at a pace or as fast as they commit, the same ones to every contender.

Imports nothing but the standard library: contenders run it in environments of their own, with the code's
directory on PYTHONPATH. One change is one transaction: a product gets a new title and its next version.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from uuid import UUID, uuid5

PRODUCTS = 10_000

SPACE = UUID("7f0d7c5e-0a51-4b7e-9d3c-52a1f36f0f5b")


def products() -> Iterator[tuple[UUID, str, str, int]]:
    """Id, title, image and version of each, as they are before any change."""
    for number in range(PRODUCTS):
        product = product_of(number)
        yield product, title_of(0), f"products/{product.hex}.webp", 1


def product_of(change: int) -> UUID:
    """The product that the n-th change of a run is made to: each in turn."""
    return uuid5(SPACE, str(change % PRODUCTS))


def title_of(change: int) -> str:
    """Sorts as the changes do."""
    return f"An oil lamp with a handle, as of change {change:09}"


def serve(change: Callable[[UUID, str], None]) -> None:
    """Make the changes that are asked for on standard input; `change` returns once its transaction has committed.

    A request is a line of JSON: {"first": 1, "every": 2, "changes": 500, "rate": 20.0, "begin": 12.5}, where
    the changes made are first, first + every, …; `rate` is a second's, null for as fast as possible; `begin` is
    of time.monotonic(), which all processes of a machine share. The answer is a line with the times of the commits.
    """
    products_by_number = [product_of(number) for number in range(PRODUCTS)]
    print("ready", flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        times = []
        for count in range(request["changes"]):
            if request["rate"]:
                _wait_until(request["begin"] + count / request["rate"])
            number = request["first"] + count * request["every"]
            change(products_by_number[number % PRODUCTS], title_of(number))
            times.append(time.monotonic())
        print(json.dumps(times), flush=True)


def _wait_until(moment: float) -> None:
    if (left := moment - time.monotonic()) > 0:
        time.sleep(left)
