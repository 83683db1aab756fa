"""A reconciliation inside one process: questions and answers pass through JSON, and events by the Way."""

from collections.abc import Callable
from datetime import datetime, timedelta

from event_bus.inbox import reconciling
from event_bus.inbox.models import Reconciliation
from event_bus.outbox.answering import answer
from event_bus.questions import Answer, Question
from tests.in_process import NOW, Way


def reconcile(
    way: Way, *, repair: bool = False, meanwhile: Callable[[str], object] = lambda moment: None
) -> Reconciliation:
    """To the end. `meanwhile` is called between any two steps, with what comes next: "ask", "hear" or "settle"."""
    at = NOW
    run, question = reconciling.begin(way.subscription, repair=repair, at=at)
    for _ in range(500):
        run.refresh_from_db()
        if run.finished_at:
            return run
        at += timedelta(seconds=1)
        if question is None:
            meanwhile("settle")
            way.deliver()
            question = reconciling.go_on(way.subscription, at=at)
        else:
            meanwhile("ask")
            reply = answer(Question.model_validate_json(question.model_dump_json()))
            meanwhile("hear")
            question = _hear(reply, at)
    raise AssertionError(f"it does not end: {run.phase} of {run.part}")


def _hear(reply: Answer, at: datetime) -> Question | None:
    return reconciling.hear(Answer.model_validate_json(reply.model_dump_json()), at=at)
