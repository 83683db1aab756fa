"""What passes between a subscription and its sources when it checks what it holds."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from event_bus.digests import Span, State
from event_bus.messages import Wire

ASK = "event_bus.ask"
ANSWER = "event_bus.answer"
RECONCILE = "event_bus.reconcile"
GO_ON_RECONCILING = "event_bus.go_on_reconciling"
"""Names of Celery tasks, which never change."""


class Question(Wire):
    """`digests`: of the ranges of ids that follow `after`. `look`: what differs, within `spans`, from `states`.
    `announce`: tell the rows `ids` again."""

    subscription: str
    step: UUID = Field(description="Returned with the answer: an answer to an earlier step is old news.")
    topic: str
    kind: Literal["digests", "look", "announce"]
    after: UUID | None = None
    spans: list[Span] = []
    states: list[State] = []
    ids: list[UUID] = []


class RangeDigest(Wire):
    span: Span
    rows: int
    digest: str


class SourceState(Wire):
    """A row as its source has it; version 0: it has none."""

    id: UUID
    version: int
    digest: str
    behind: bool = Field(description="The subscription had shown a newer version, before the source looked.")


class Cut(Wire):
    """Whatever the answer has seen stands in the partition at positions up to this one."""

    topic: str
    partition: int
    position: int


class Answer(Wire):
    subscription: str
    step: UUID
    ranges: list[RangeDigest] = []
    states: list[SourceState] = []
    cut: list[Cut] = []
