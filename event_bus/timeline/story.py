"""What a timeline consists of; plain data, the same for the command, the API and the page."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID


class State(StrEnum):
    """The later, the more it needs somebody's attention."""

    DONE = "done"
    UNKNOWN = "unknown"
    WAITING = "waiting"
    FAILED = "failed"


def message_name(id: UUID | None) -> str:
    return f"message {str(id)[:8]}" if id else "a message"


def worst(states: Iterable[State]) -> State:
    return max(states, key=list(State).index, default=State.UNKNOWN)


@dataclass(frozen=True)
class Step:
    """One thing that happened, or has yet to. `at` is None where nobody wrote the time down."""

    name: str
    state: State
    text: str
    at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """The steps of an event on its way to one subscription."""

    subscription: str
    steps: list[Step]

    @property
    def state(self) -> State:
        """The last step tells: a dead letter that a retry applied is done."""
        return self.steps[-1].state


@dataclass(frozen=True)
class Story:
    """One event: what happened before it was sent, and its way to everybody who listens."""

    title: str
    event_id: str | None
    type: str | None
    subject: str | None
    version: int | None
    place: str | None
    """topic/partition:position."""
    steps: list[Step]
    ways: list[Way]

    @property
    def state(self) -> State:
        return worst([self.steps[-1].state, *(way.state for way in self.ways)] if self.steps else [])

    @property
    def all_steps(self) -> list[Step]:
        return [*self.steps, *(step for way in self.ways for step in way.steps)]


@dataclass(frozen=True)
class Holding:
    """What a subscription holds of the subject now."""

    subscription: str
    rows: str
    """What they are called."""
    version: int
    text: str
    model: str
    """app_label.model"""


@dataclass(frozen=True)
class Timeline:
    """`headline` answers in one sentence, `why` explains it; `notes` say what could not be found out."""

    asked: str
    at: datetime
    state: State
    headline: str
    why: str
    stories: list[Story]
    holdings: list[Holding]
    notes: list[str]

    def as_json(self) -> dict[str, Any]:
        """For any encoder that takes times."""
        return asdict(self) | {
            "stories": [
                asdict(story)
                | {"state": story.state, "ways": [asdict(way) | {"state": way.state} for way in story.ways]}
                for story in self.stories
            ]
        }
