"""Whatever happens on the way, in whatever order: the history ends as a straight fold of what committed."""

import json
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule, run_state_machine_as_test

from event_bus.inbox.dead_letters import retry_dead_letters
from event_bus.inbox.models import Checkpoint, DeadLetter
from event_bus.inbox.receiving import receive
from event_bus.messages import Message, RedeliveryRequest
from event_bus.outbox import redelivery, relay, sending
from event_bus.outbox.models import Cursor, OutboxEvent, Partition
from event_bus.outbox.numbering import number_committed_events
from event_bus.outbox.partitions import partition_id_of
from event_bus.subscriptions import get_subscription
from order_history import projections
from order_history.incoming_events import ProductCreated
from order_history.models import HistoryProduct

POISON = "poison"
PRODUCTS = [uuid4() for _ in range(2)]


class Crash(Exception):
    """The relay is killed here."""


class Delivery(RuleBasedStateMachine):
    """One subscription, a wire that loses, repeats and reorders, and a clock that tests turn."""

    open_transactions = Bundle("open transactions")

    def __init__(self):
        super().__init__()
        self.databases = self._databases_as_they_are()
        relay.create_missing_cursors()
        self.wire = []
        self.missing = []
        self.next_id = 1
        self.versions = dict.fromkeys(PRODUCTS, 0)
        self.committed = {}
        self.handler_is_broken = True
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        sending.send_message = lambda message, *_: self.wire.append(orjson.dumps(message.for_the_wire()))
        projections.projection._broken = lambda: self.handler_is_broken

    @rule(
        target=open_transactions,
        product=st.sampled_from(PRODUCTS),
        poisonous=st.sampled_from([False] * 5 + [True]),
    )
    def change(self, product, poisonous):
        """Writes its event, and with that takes an id, but does not commit yet."""
        self.versions[product] += 1
        title = POISON if poisonous else f"Title {self.versions[product]}"
        event = ProductCreated(product_id=product, title=title, version=self.versions[product])
        row = OutboxEvent(
            id=self.next_id,
            partition_id=partition_id_of("products", product),
            type=event.type,
            subject=product,
            recorded_at=self.now,
            data=event.model_dump(mode="json"),
        )
        self.next_id += 1
        return row

    @rule(row=consumes(open_transactions), relay_runs=st.booleans())
    def commit(self, row, relay_runs):
        """Early or late: in any order of the ids."""
        row.save(force_insert=True)
        if row.data["version"] >= self.committed.get(row.subject, (0, ""))[0]:
            self.committed[row.subject] = (row.data["version"], row.data["title"])
        if relay_runs:
            relay.relay()

    @rule(row=consumes(open_transactions))
    def roll_back(self, row):
        """Its id stays unused, its version too: nothing else knows of it."""

    @rule(killed=st.sampled_from(["after numbering", "after sending"]))
    def kill_the_relay(self, killed):
        if killed == "after numbering":
            number_committed_events()
            return
        move, sending._move = sending._move, self._crash
        try:
            relay.relay()
        except Crash:
            pass
        finally:
            sending._move = move

    @rule(fault=st.sampled_from(["lose one", "repeat all", "reorder", "reorder", "empty"]))
    def disturb_the_wire(self, fault):
        if fault == "reorder":
            self.wire.reverse()
        elif fault == "repeat all":
            self.wire *= 2
        elif fault == "lose one":
            del self.wire[:1]
        else:
            self.wire.clear()
            self.missing.clear()

    @rule(count=st.integers(1, 4))
    def deliver(self, count):
        for _ in range(min(count, len(self.wire))):
            self._receive(self.wire.pop(0))

    @rule(seconds=st.integers(1, 90))
    def sweep_and_answer_requests(self, seconds):
        self.now += timedelta(seconds=seconds)
        relay.sweep()
        while self.missing:
            redelivery.redeliver(self.missing.pop(0))

    @rule()
    def mend_the_handler_and_retry(self):
        self.handler_is_broken = False
        self._retry()
        self.handler_is_broken = True

    def teardown(self):
        with self.databases:
            self._everything_arrives()

    def _everything_arrives(self):
        """Once the faults stop, and the dead letters apply."""
        self.handler_is_broken = False
        for _ in range(12):
            relay.sweep()
            while self.wire:
                self._receive(self.wire.pop(0))
            while self.missing:
                redelivery.redeliver(self.missing.pop(0))
            self.now += timedelta(seconds=90)
        self._retry()

        assert {
            row.product_id: (row.version, row.title) for row in HistoryProduct.objects.all()
        } == self.committed
        assert not DeadLetter.objects.waiting().exists()
        for cursor in Cursor.objects.select_related("partition"):
            assert cursor.sent == cursor.partition.head
        heads = {(row.topic, row.number): row.head for row in Partition.objects.exclude(head=0)}
        assert {
            (row.topic, row.partition): row.applied_up_to for row in Checkpoint.objects.exclude(applied=[])
        } == heads

    @staticmethod
    def _databases_as_they_are():
        """Closed, it takes back what was written; in one transaction, deleting keeps the old versions of all rows."""
        stack = ExitStack()
        for database in ("default", "order_history"):
            stack.enter_context(transaction.atomic(using=database))
            stack.callback(transaction.set_rollback, True, using=database)
        return stack

    def _receive(self, text):
        missing = receive(Message.model_validate(json.loads(text)), at=self.now)
        if missing:
            self.missing.append(RedeliveryRequest(subscription="order_history", missing=missing))

    def _retry(self):
        retry_dead_letters(DeadLetter.objects.waiting().values_list("id", flat=True), at=self.now)

    def _crash(self, *_):
        raise Crash


@pytest.mark.django_db(databases=["default", "order_history"])
def test_what_committed_arrives_whatever_happens_on_the_way(monkeypatch):
    original = projections.projection._handler_of["products.product_created.v1"][1]

    def handler(events):
        if projections.projection._broken() and any(event.title == POISON for event in events):
            raise ValueError("poison")
        original(events)

    handlers = {
        name: (event_class, handler if its is original else its)
        for name, (event_class, its) in projections.projection._handler_of.items()
    }
    monkeypatch.setattr(projections.projection, "_handler_of", handlers)
    monkeypatch.setattr(projections.projection, "_handlers", [handler, *projections.projection._handlers])
    monkeypatch.setattr(projections.projection, "_broken", None, raising=False)
    monkeypatch.setattr(sending, "send_message", None)
    monkeypatch.setattr(redelivery, "send_message", lambda *args: sending.send_message(*args))
    for module in (sending, redelivery):
        monkeypatch.setattr(module, "room_in_queue", lambda *_: 100)
    for module in (relay, redelivery):
        monkeypatch.setattr(module, "broker_connection", lambda: nullcontext())
    assert get_subscription("order_history")

    run_state_machine_as_test(
        Delivery,
        settings=settings(
            max_examples=100,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],  # shrinking would take minutes
        ),
    )
