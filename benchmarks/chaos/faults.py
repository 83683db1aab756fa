"""What goes wrong, each kind a generator: it breaks something, yields the seconds to wait, and mends it.

`busy` names what it breaks, so that no two faults that would hide each other run at once.
"""

import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.chaos import switches as names
from benchmarks.chaos.brokers import QUEUES
from benchmarks.chaos.garbage import garbage_for
from benchmarks.chaos.lease import LEASE
from benchmarks.chaos.stage import Stage, children_of, send_signal

Course = Iterator[float]


class Missed(Exception):
    """There was nothing to break at that moment: it does not count."""


@dataclass(frozen=True)
class Fault:
    name: str
    busy: str
    begin: Callable[[Stage, random.Random], Course]
    needs_postgres: bool = False


ALL: dict[str, Fault] = {}


def fault(
    name: str, *, busy: str, needs_postgres: bool = False
) -> Callable[[Callable[[Stage, random.Random], Course]], Callable[[Stage, random.Random], Course]]:
    def declare(begin: Callable[[Stage, random.Random], Course]) -> Callable[[Stage, random.Random], Course]:
        ALL[name] = Fault(name, busy, begin, needs_postgres)
        return begin

    return declare


@fault("relay worker killed", busy="relay")
def kill_relay(stage: Stage, _: random.Random) -> Course:
    yield from _kill(stage, "relay")


@fault("history worker killed", busy="history")
def kill_history(stage: Stage, dice: random.Random) -> Course:
    yield from _kill(stage, dice.choice(["history", "history_2"]))


@fault("web killed", busy="web")
def kill_web(stage: Stage, _: random.Random) -> Course:
    yield from _kill(stage, "web")


@fault("beat killed", busy="beat")
def kill_beat(stage: Stage, _: random.Random) -> Course:
    yield from _kill(stage, "beat")


@fault("history child killed while applying", busy="history")
def kill_child_applying(stage: Stage, _: random.Random) -> Course:
    yield from _trap(stage, names.KILL_CHILD_APPLYING)


@fault("relay killed between numbering and sending", busy="relay")
def kill_relay_before_sending(stage: Stage, _: random.Random) -> Course:
    yield from _trap(stage, names.KILL_RELAY_BEFORE_SENDING)


@fault("relay killed between sending and moving its cursor", busy="relay")
def kill_relay_after_sending(stage: Stage, _: random.Random) -> Course:
    yield from _trap(stage, names.KILL_RELAY_AFTER_SENDING)


@fault("relay worker stopped for a while", busy="relay")
def stop_relay(stage: Stage, dice: random.Random) -> Course:
    yield from _stop(stage, "relay", seconds=dice.uniform(2, LEASE + 2))


@fault("history worker stopped beyond its lease", busy="history")
def stop_history(stage: Stage, dice: random.Random) -> Course:
    yield from _stop(stage, dice.choice(["history", "history_2"]), seconds=LEASE + 2)


@fault("history worker stopped while applying, locks held", busy="history")
def stop_history_applying(stage: Stage, dice: random.Random) -> Course:
    """As if its machine had frozen: neither it nor its watchdog lets the locks go."""
    note = f"{names.STOP_CHILD_APPLYING}.pid"
    stage.switches.spring(note)
    yield from _trap(stage, names.STOP_CHILD_APPLYING)
    yield 0.05  # the process is about to say which one it is
    if not (text := stage.switches.note(note)):
        raise Missed
    child = int(text)
    pids = [child, *(pid for pid in stage.main_process_ids() if child in children_of(pid))]
    for pid in pids:
        send_signal(pid, signal.SIGSTOP)
    yield dice.uniform(LEASE, 2 * LEASE)
    for pid in pids:
        send_signal(pid, signal.SIGCONT)


@fault("broker killed, restarted empty", busy="broker")
def restart_broker(stage: Stage, _: random.Random) -> Course:
    stage.broker.restart_empty()
    yield 0


@fault("broker flushed", busy="broker")
def flush_broker(stage: Stage, _: random.Random) -> Course:
    stage.broker.flush()
    yield 0


@fault("broker's clients disconnected", busy="broker")
def disconnect_clients(stage: Stage, _: random.Random) -> Course:
    stage.broker.server.disconnect_clients()
    yield 0


@fault("broker paused", busy="broker")
def pause_broker(stage: Stage, _: random.Random) -> Course:
    stage.broker.server.pause()
    yield 3
    stage.broker.server.resume()


@fault("broker full", busy="broker")
def fill_broker(stage: Stage, _: random.Random) -> Course:
    stage.broker.fill()
    yield 3
    stage.broker.make_room()


@fault("garbage in the relay's queue", busy="garbage")
def push_garbage_to_relay(stage: Stage, dice: random.Random) -> Course:
    yield from _push_garbage(stage, dice, "outbox")


@fault("garbage in the history's queue", busy="garbage")
def push_garbage_to_history(stage: Stage, dice: random.Random) -> Course:
    yield from _push_garbage(stage, dice, "order_history")


@fault("a queue spoilt", busy="broker")
def spoil_queue(stage: Stage, dice: random.Random) -> Course:
    """On Redis a text stands in its place, on RabbitMQ it is deleted."""
    stage.broker.spoil(dice.choice(QUEUES))
    yield 0


@fault("shop's database crashed", busy="shop database", needs_postgres=True)
def crash_shop_database(stage: Stage, _: random.Random) -> Course:
    stage.postgres["shop"].restart()
    yield 0


@fault("history's database crashed", busy="history database", needs_postgres=True)
def crash_history_database(stage: Stage, _: random.Random) -> Course:
    stage.postgres["order_history"].restart()
    yield 0


@fault("messages dropped", busy="wire")
def drop_messages(stage: Stage, _: random.Random) -> Course:
    yield from _window(stage, names.DROP, seconds=2)


@fault("messages duplicated", busy="wire")
def duplicate_messages(stage: Stage, _: random.Random) -> Course:
    yield from _window(stage, names.DUPLICATE, seconds=2)


@fault("messages delayed", busy="wire")
def delay_messages(stage: Stage, _: random.Random) -> Course:
    yield from _window(stage, names.DELAY, seconds=2)


@fault("messages reordered", busy="wire")
def reorder_messages(stage: Stage, _: random.Random) -> Course:
    yield from _window(stage, names.REORDER, seconds=2)


@fault("slow commits", busy="commits", needs_postgres=True)
def slow_commits(stage: Stage, _: random.Random) -> Course:
    yield from _window(stage, names.SLOW_COMMITS, seconds=2)


def _kill(stage: Stage, program: str) -> Course:
    if not stage.kill(program):
        raise Missed
    yield 0


def _stop(stage: Stage, program: str, *, seconds: float) -> Course:
    pids = [pid for pid in stage.process_ids(program) if send_signal(pid, signal.SIGSTOP)]
    if not pids:
        raise Missed
    yield seconds
    for pid in pids:
        send_signal(pid, signal.SIGCONT)


def _trap(stage: Stage, name: str) -> Course:
    """Counts once a process has stepped into it."""
    stage.switches.set_trap(name)
    for _ in range(100):
        yield 0.1
        if not stage.switches.is_set(name):
            return
    if stage.switches.spring(name):
        raise Missed


def _window(stage: Stage, name: str, *, seconds: float) -> Course:
    stage.switches.open_window(name, seconds=seconds)
    yield seconds


def _push_garbage(stage: Stage, dice: random.Random, queue: str) -> Course:
    """To the end from which workers take."""
    kinds = garbage_for(queue)
    stage.broker.push(queue, [kinds[kind] for kind in dice.sample(sorted(kinds), 3)])
    yield 0
