"""A reconciliation inside one process: questions and answers pass through JSON, and events by the Way."""

from collections.abc import Callable
from datetime import timedelta

from event_bus.inbox import reconciling
from event_bus.inbox.models import Reconciliation
from event_bus.outbox.answering import answer
from event_bus.questions import Answer, Question
from tests.in_process import NOW, Way


def reconcile(
    way: Way, *, repair: bool = False, meanwhile: Callable[[str], object] = lambda moment: None
) -> Reconciliation:
    """To the end. `meanwhile` is called between any two steps, with what comes next: "ask", "hear" or "settle".

    What is asked ahead is answered at once.
    """
    at = NOW
    run, question = reconciling.begin(way.subscription, repair=repair, at=at)
    ahead: Answer | None = None
    for _ in range(500):
        run.refresh_from_db()
        if run.finished_at:
            return run
        at += timedelta(seconds=1)
        if question is not None:
            meanwhile("ask")
            reply = ask(question)
        elif ahead is not None and ahead.step == run.step:
            reply = ahead
        else:
            meanwhile("settle")
            way.deliver()
            question = reconciling.go_on(way.subscription, at=at)
            continue
        meanwhile("hear")
        answered: list[Answer] = []
        question = reconciling.hear(reply, at=at, ask=lambda asked: answered.append(ask(asked)))  # noqa: B023
        ahead = answered[0] if answered else None
    raise AssertionError(f"it does not end: {run.phase} of {run.part}")


def ask(question: Question) -> Answer:
    reply = answer(Question.model_validate_json(question.model_dump_json()))
    return Answer.model_validate_json(reply.model_dump_json())
