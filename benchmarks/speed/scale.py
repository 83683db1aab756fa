"""How much a run of the benchmark does."""

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Scale:
    """`full` is `make bench`; `quick` is `make bench-quick`, which takes minutes."""

    full: bool

    @property
    def rounds(self) -> int:
        return 5 if self.full else 3

    def choose(self, full: T, quick: T) -> T:
        return full if self.full else quick
