"""The Django app that puts fault points, and a sabotage if one is asked for, into the shop's own processes."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from kombu import Connection

from benchmarks.chaos import switches as names
from benchmarks.chaos.patching import replace
from benchmarks.chaos.sabotage import SABOTAGES, VARIABLE
from benchmarks.chaos.switches import Switches

Send = Callable[..., None]


class InjectionConfig(AppConfig):
    name = "benchmarks.chaos"
    label = "chaos"

    def ready(self) -> None:
        switches = Switches(settings.DATA_DIR)
        put_traps_into_the_relay(switches)
        put_a_trap_into_the_inbox(switches)
        slow_commits_down(switches)
        if name := os.environ.get(VARIABLE):
            SABOTAGES[name].install()
        disturb_the_wire(switches)


def put_traps_into_the_relay(switches: Switches) -> None:
    """Between numbering and sending, and between sending and moving the cursor."""
    from event_bus.outbox import relay, sending
    from event_bus.outbox.models import Cursor

    def die_or_send(subscription: Any, **arguments: Any) -> None:
        if switches.is_set(names.KILL_RELAY_BEFORE_SENDING) and (
            Cursor.objects.of(subscription.name).behind_head().exists()
        ):
            _die(switches, names.KILL_RELAY_BEFORE_SENDING, with_parent=True)
        send_pending(subscription, **arguments)

    def die_or_move(*arguments: Any) -> None:
        _die(switches, names.KILL_RELAY_AFTER_SENDING, with_parent=True)
        move(*arguments)

    send_pending = replace(relay, "send_pending", die_or_send)
    move = replace(sending, "_move", die_or_move)


def put_a_trap_into_the_inbox(switches: Switches) -> None:
    """When the rows of a batch are written and not yet committed."""
    from event_bus.inbox.projections import Projection

    def apply_and_die(self: Projection, envelopes: Sequence[Any]) -> None:
        apply(self, envelopes)
        _die(switches, names.KILL_CHILD_APPLYING, with_parent=False)
        _freeze(switches, names.STOP_CHILD_APPLYING)

    apply = replace(Projection, "apply", apply_and_die)


def slow_commits_down(switches: Switches) -> None:
    """Some transactions stay open after they stored their event, while later ones commit."""
    from event_bus.outbox import publishing

    def publish_and_linger(events: Iterable[Any]) -> None:
        publish_all(events)
        if switches.is_open(names.SLOW_COMMITS) and _chance(0.3):
            time.sleep(0.1)

    publish_all = replace(publishing, "publish_all", publish_and_linger)


def disturb_the_wire(switches: Switches) -> None:
    """Messages to subscribers get lost, come twice, late, or in another order."""
    from event_bus.outbox import sending

    def send_or_not(task: str, argument: Any, *, queue: str, connection: Connection) -> None:
        if switches.is_open(names.DROP) and _chance(0.5):
            return
        if switches.is_open(names.DELAY) and _chance(0.5):
            send_later(send, task, argument, queue, after=random.uniform(0.3, 3))
            return
        if switches.is_open(names.REORDER):
            held_back.add(task, argument, queue)
            return
        send(task, argument, queue=queue, connection=connection)
        if switches.is_open(names.DUPLICATE) and _chance(0.5):
            for _ in range(2):
                send(task, argument, queue=queue, connection=connection)

    send = replace(sending, "send", send_or_not)
    held_back = HeldBack(send)


class HeldBack:
    """Collects messages and sends them in another order."""

    AT_ONCE = 5
    LONGEST = 1.0

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[tuple[Any, ...]] = []
        self._lock = threading.Lock()

    def add(self, *message: Any) -> None:
        with self._lock:
            self._messages.append(message)
            first, full = len(self._messages) == 1, len(self._messages) >= self.AT_ONCE
        if full:
            self._let_go()
        elif first:
            _in_background(self._let_go, after=self.LONGEST)

    def _let_go(self) -> None:
        with self._lock:
            messages, self._messages = self._messages, []
        for message in reversed(messages):
            send_later(self._send, *message, after=0)


def send_later(send: Send, task: str, argument: Any, queue: str, *, after: float) -> None:
    """On a connection of its own; lost if the broker is away then, or the process dead."""
    from event_bus.queues import broker_connection, broker_errors

    def send_now() -> None:
        try:
            with broker_connection() as connection:
                send(task, argument, queue=queue, connection=connection)
        except broker_errors():
            return

    if after:
        _in_background(send_now, after=after)
    else:
        send_now()


def _in_background(what: Callable[[], None], *, after: float) -> None:
    timer = threading.Timer(after, what)
    timer.daemon = True
    timer.start()


def _die(switches: Switches, trap: str, *, with_parent: bool) -> None:
    """SIGKILL, if the trap is set and nobody else springs it."""
    if not switches.is_set(trap) or not switches.spring(trap):
        return
    if with_parent and _is_worker(os.getppid()):
        os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def _freeze(switches: Switches, trap: str) -> None:
    """SIGSTOP, with every lock in hand, until the harness wakes the process whose id it left."""
    if switches.is_set(trap) and switches.spring(trap):
        switches.leave_note(f"{trap}.pid", str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)


def _is_worker(pid: int) -> bool:
    """Not so for the child of a worker that was killed: it belongs to somebody else then."""
    try:
        return b"celery" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _chance(probability: float) -> bool:
    return random.random() < probability
