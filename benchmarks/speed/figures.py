"""What a benchmark brings home: figures, a value a round, and the goals that they are held against."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One metric of one contender in one setting."""

    contender: str
    metric: str
    unit: str
    values: tuple[float, ...]
    """One a round, in the order of the rounds."""
    setting: str = ""
    """What was varied, such as `1,000 products`; empty where nothing was."""

    @property
    def median(self) -> float:
        return median(self.values)


@dataclass(frozen=True)
class Goal:
    """A value, and the bound that it should keep."""

    text: str
    value: float
    bound: float
    at_least: bool
    """Or else at most."""
    unit: str = "×"
    """× marks a ratio of two figures of one run, which can be compared with another run's."""

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def missed_by(self) -> float:
        """How many times better it should be; 1 or less if it is met."""
        if self.at_least:
            return self.bound / self.value if self.value else float("inf")
        if not self.bound:
            return float("inf") if self.value else 1.0
        return self.value / self.bound


@dataclass(frozen=True)
class Result:
    """Of one part of the benchmark."""

    part: str
    title: str
    figures: list[Figure]
    goals: list[Goal]
    remarks: list[str] = field(default_factory=list)
    """Markdown sentences: what is compared, why it is fair, what could not be run."""
    seconds: float = 0.0
    cores: int = 0
    """Of the machine; 0 where nobody noted it."""
    machine: str = ""
    """Processors, memory, versions of what ran there."""
    measured: str = ""
    """A sentence: when, of which commit, and how fast the machine was then; it differs from hour to hour."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Result":
        figures = [Figure(**{**each, "values": tuple(each["values"])}) for each in said["figures"]]
        return cls(**{**said, "figures": figures, "goals": [Goal(**each) for each in said["goals"]]})
