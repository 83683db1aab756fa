"""The status of the bus: one truth, shown by `bus_status`, the API, the metrics and the admin."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from event_bus.status.collecting import collect
from event_bus.status.diagnosis import Diagnosis, diagnose
from event_bus.status.facts import Facts


@dataclass(frozen=True)
class Status:
    diagnosis: Diagnosis
    facts: Facts

    def as_dict(self) -> dict[str, Any]:
        """Flat where it can be; times stay times."""
        return {**asdict(self.diagnosis), **asdict(self.facts)}


def bus_status(*, at: datetime) -> Status:
    """What is known now, in about three seconds at most, whatever is away."""
    facts = collect(at=at)
    return Status(diagnose(facts), facts)
