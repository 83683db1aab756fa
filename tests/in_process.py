"""The whole way of an event inside one process: everything but the broker and the workers."""

import json
from datetime import UTC, datetime

from event_bus.inbox.receiving import receive
from event_bus.messages import Message, Run
from event_bus.outbox.log import read_batches
from event_bus.outbox.models import Partition
from event_bus.outbox.numbering import AT_ONCE, number_committed_events

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Way:
    """From the log to a subscription. Each call of `deliver` brings what was announced since the last."""

    def __init__(self, subscription: str = "order_history") -> None:
        self.subscription = subscription
        self.sent: dict[tuple[str, int], int] = {}

    def deliver(self) -> int:
        """Returns how many events that were."""
        while number_committed_events() == AT_ONCE:
            pass
        return sum(self._deliver(partition) for partition in Partition.objects.all())

    def replay(self) -> int:
        """Everything that stands in the log, from position 1, whatever was applied before."""
        from event_bus.inbox.models import Checkpoint

        Checkpoint.objects.all().delete()
        self.sent.clear()
        return self.deliver()

    def _deliver(self, partition: Partition) -> int:
        lane, count = (partition.topic, partition.number), 0
        while (first := self.sent.get(lane, 0) + 1) <= partition.head:
            last = min(first + 499, partition.head)
            run = Run(topic=partition.topic, partition=partition.number, first=first, last=last)
            [batch] = read_batches([run])
            text = Message(subscription=self.subscription, batches=[batch]).model_dump_json()
            receive(Message.model_validate(json.loads(text)), at=NOW)
            self.sent[lane], count = batch.last, count + len(batch.events)
        return count
