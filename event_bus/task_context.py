"""A Celery task goes on with the correlation id of whoever asked for it, and is the actor of what it does."""

from contextlib import ExitStack
from typing import Any

from celery import signals

from event_bus.context import acting, current

HEADER = "x_correlation_id"

_entered: dict[str, ExitStack] = {}
"""By task id: the tasks that run in this process now."""


@signals.before_task_publish.connect
def hand_on(headers: dict[str, Any], **_: Any) -> None:
    if correlation_id := current().correlation_id:
        headers.setdefault(HEADER, correlation_id)


@signals.task_prerun.connect
def enter(task_id: str, task: Any, **_: Any) -> None:
    asked_by = getattr(task.request, HEADER, None) or (task.request.headers or {}).get(HEADER)
    with ExitStack() as stack:
        stack.enter_context(acting(f"task {task.name}", asked_by or task_id))
        _entered[task_id] = stack.pop_all()


@signals.task_postrun.connect
def leave(task_id: str, **_: Any) -> None:
    if stack := _entered.pop(task_id, None):
        stack.close()
