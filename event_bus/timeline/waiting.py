"""What an event still waits for, and what the system is doing about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db.models import Max

from event_bus.inbox.models import Checkpoint
from event_bus.messages import OUTBOX_QUEUE
from event_bus.queues import broker_connection, broker_errors, waiting_in
from event_bus.signs_of_life import DEAD_AFTER, signs_of
from event_bus.subscriptions import all_subscriptions
from event_bus.timeline.arrivals import Arrivals, last_sign_of_life
from event_bus.timeline.story import State, Step
from event_bus.words import duration


@dataclass(frozen=True)
class Surroundings:
    """What is the same for every event of a timeline; looked at when it is first needed, and once."""

    at: datetime

    @cached_property
    def queues(self) -> dict[str, int] | None:
        """Messages that no worker has taken; None while the broker does not answer."""
        names = [OUTBOX_QUEUE, *(subscription.queue for subscription in all_subscriptions())]
        try:
            with broker_connection() as connection:
                return {name: waiting_in(name, connection) for name in names}
        except broker_errors():
            return None

    def seconds_since(self, time: datetime) -> float:
        return max((self.at - time).total_seconds(), 0.0)


def for_its_number(seconds: float, around: Surroundings) -> Step:
    return Step(
        "numbered", State.WAITING, f"the relay has not numbered it for {duration(seconds)}: {_relay(around)}"
    )


def for_being_sent(subscription: str, around: Surroundings) -> Step:
    depth = int(settings.EVENT_BUS["QUEUE_DEPTH"])
    if around.queues and around.queues[subscription] >= depth:
        text = (
            f"{around.queues[subscription]:,} messages wait in the queue {subscription}, and that is enough: "
            f"the outbox keeps this until there is room; {_worker(subscription, around)}"
        )
    else:
        text = f"the relay has not sent it yet: {_relay(around)}"
    return Step("sent", State.WAITING, text)


def for_being_received(subscription: str, arrivals: Arrivals, around: Surroundings) -> Step:
    if around.queues is None:
        said = _NO_BROKER
    elif waiting := around.queues[subscription]:
        said = f"{_messages(waiting)} in the queue {subscription}; {_worker(subscription, around)}"
    else:
        said = "its message is in a worker's hands, or was lost"
    return Step("received", State.WAITING, "; ".join(filter(None, [said, _healing(arrivals, around)])))


_NO_BROKER = "the broker does not answer; what was lost with it is sent again from the outbox when it is back"


def _relay(around: Surroundings) -> str:
    if around.queues is None:
        return _NO_BROKER
    if waiting := around.queues[OUTBOX_QUEUE]:
        return f"{_messages(waiting)} in the queue {OUTBOX_QUEUE}; {_seen('worker', OUTBOX_QUEUE, around)}"
    interval = settings.EVENT_BUS["SWEEP_INTERVAL"]
    return f"nothing asks for it now; beat does every {interval:g} s: {_seen('beat', '', around)}"


def _worker(subscription: str, around: Surroundings) -> str:
    seen = _seen("worker", subscription, around)
    last = last_sign_of_life(subscription)
    if last is None:
        return f"none has ever been taken; {seen}"
    return f"none has been taken for {duration(around.seconds_since(last))}; {seen}"


def _seen(kind: str, queue: str, around: Surroundings) -> str:
    """What the process's sign of life says of it."""
    signs = signs_of(queue or OUTBOX_QUEUE).until(around.at).filter(kind=kind, queue=queue)
    last = signs.aggregate(at=Max("seen_at"))["at"]
    name = f"{kind} of {queue}" if queue else kind
    if last is None:
        return f"no {name} has ever been seen"
    seconds = around.seconds_since(last)
    alive = "its worker is alive" if queue else "it is alive"
    return alive if seconds < DEAD_AFTER else f"no {name} has been seen for {duration(seconds)}"


def _healing(arrivals: Arrivals, around: Surroundings) -> str:
    """Whether the gap is noticed, and when it is asked for."""
    gap = arrivals.checkpoint
    patience = timedelta(seconds=settings.EVENT_BUS["GAP_PATIENCE"])
    if gap and gap.gap_position is not None and gap.gap_position <= arrivals.position:
        return _asking(gap, gap.asks_next_at(patience), around)
    if around.queues is None or around.queues[arrivals.subscription]:
        return ""
    return f"if it was lost, the next watermark shows that, and {patience.total_seconds():g} s later it is asked for"


def _asking(gap: Checkpoint, next_at: datetime, around: Surroundings) -> str:
    times = {0: "missed, and not asked for yet", 1: "asked for again once", 2: "asked for again twice"}
    asked = times.get(gap.gap_asks, f"asked for again {gap.gap_asks} times")
    seconds = (next_at - around.at).total_seconds()
    when = f"in {duration(seconds)}" if seconds > 0 else "with the next watermark"
    return f"{asked}, next {when}"


def _messages(count: int) -> str:
    return "1 message waits" if count == 1 else f"{count:,} messages wait"
