"""Signs of life as processes, alive or not."""

from collections.abc import Iterable
from datetime import datetime

from event_bus.signs_of_life import DEAD_AFTER, Sign
from event_bus.status.facts import Process


def processes(signs: Iterable[Sign], at: datetime) -> tuple[Process, ...]:
    return tuple(
        Process(
            kind=sign.kind,
            queue=sign.queue,
            name=sign.process,
            started_at=sign.started_at,
            seen_at=sign.seen_at,
            alive=(at - sign.seen_at).total_seconds() < DEAD_AFTER,
        )
        for sign in sorted(signs, key=lambda sign: (sign.kind, sign.queue, sign.seen_at))
    )
