"""Whether the history shows a write already: its consistency token against the versions that are held here."""

import time
from collections.abc import Callable
from threading import BoundedSemaphore
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from event_bus.consistency import ConsistencyToken
from order_history.models import HistoryOrderLine, HistoryProduct, HistoryUser

LONGEST_WAIT = 10.0
"""Seconds."""

FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.25
"""Seconds between two looks; each pause is half as long again as the one before."""

_waiting = BoundedSemaphore(settings.ORDER_HISTORY_MOST_WAITING)


class TopicNotHeard(ValueError):
    """The history does not listen to the token's topic, so it will never know."""


def is_applied(token: ConsistencyToken, *, user_id: UUID) -> bool:
    """Whether this user's history shows what the token stands for, or will never show it. One indexed query.

    What a newer version says counts: a cancelled order, a withdrawn product. Of an erased user nothing is
    kept, so whatever is asked about their orders is answered for good. Raises TopicNotHeard.
    """
    if token.topic not in _HELD:
        raise TopicNotHeard(f"the history hears {', '.join(sorted(_HELD))}, not {token.topic!r}")
    held = _HELD[token.topic](token.aggregate_id).filter(version__gte=token.version).values_list("version")
    if token.topic == "orders":
        gone = HistoryUser.objects.filter(user_id=user_id, erased_at__isnull=False).values_list("version")
        held = held.union(gone, all=True)
    return held.exists()


def wait_until_applied(
    token: ConsistencyToken, *, user_id: UUID, seconds: float, since: float | None = None
) -> bool:
    """Wait until it `is_applied`, at most so many seconds (never more than 10); says whether it is now.

    They count from now, or from `since` (by time.monotonic()) where it is called once more for the same request.

    Waiting takes a thread of the web server, so only ORDER_HISTORY_MOST_WAITING may wait in one process: the
    next one is told how it stands at once. Not for use inside a transaction, which might see nothing new.
    Raises TopicNotHeard.
    """
    deadline = (time.monotonic() if since is None else since) + min(seconds, LONGEST_WAIT)
    if is_applied(token, user_id=user_id):
        return True
    if not _waiting.acquire(blocking=False):
        return False
    try:
        return _look_again_until(deadline, lambda: is_applied(token, user_id=user_id))
    finally:
        _waiting.release()


def _look_again_until(deadline: float, condition: Callable[[], bool]) -> bool:
    pause = FIRST_PAUSE
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(pause, left))
        if condition():
            return True
        pause = min(pause * 1.5, LONGEST_PAUSE)
    return False


def _product(product_id: UUID) -> QuerySet:
    return HistoryProduct.objects.filter(product_id=product_id)


def _user(user_id: UUID) -> QuerySet:
    return HistoryUser.objects.filter(user_id=user_id)


def _order(order_id: UUID) -> QuerySet:
    return HistoryOrderLine.objects.filter(order_id=order_id)


_HELD: dict[str, Callable[[UUID], QuerySet]] = {"products": _product, "users": _user, "orders": _order}
"""The rows of an aggregate, by its topic."""
