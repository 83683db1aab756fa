"""The peers that can be had here, with what they need beside the servers of all."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.speed.peers.contenders import CeleryOutbox, DjangoCqrs, ReliableOutbox
from benchmarks.speed.peers.peer import Peer
from stack import StackError
from stack.rabbit import RabbitServer

REMARKS = [
    "The peers run in environments of their own, with pinned versions, on the same PostgreSQL: two databases each, "
    "connections kept. django-cqrs 3.1.0 sends after the commit, in the producer, whose time is not counted, and "
    "receives with two consumers; RabbitMQ is started by the benchmark. django-celery-outbox 0.4.3 has one relay "
    "(500 a batch, 20 ms between looks) and one worker, with connections kept and 32 messages fetched ahead. "
    "django-reliable-outbox 0.1.1 has two workers, woken by NOTIFY, with 100 messages a batch, and no broker; its copy "
    "is in the database of its outbox, since its promises cover no other, which spares it a commit for each event.",
]


@contextmanager
def peers(
    folder: Path, env: Mapping[str, str], say: Callable[[str], None]
) -> Iterator[tuple[list[Peer], list[str]]]:
    """Installed and ready to be prepared; and remarks, which name those that cannot be had here."""
    ready: list[Peer] = []
    remarks = list(REMARKS)
    with ExitStack() as running:
        for kind in (DjangoCqrs, CeleryOutbox, ReliableOutbox):
            say(f"{kind.name}: installing")
            try:
                ready.append(_peer(kind, folder, env, running))
            except StackError as error:
                say(f"{kind.name} is left out: {error}")
                remarks.append(f"{kind.name} is left out: {error}")
        yield ready, remarks


def _peer(kind: type[Peer], folder: Path, env: Mapping[str, str], running: ExitStack) -> Peer:
    peer: Peer
    if kind is DjangoCqrs:
        rabbit = running.enter_context(RabbitServer(folder / "rabbit"))
        peer = DjangoCqrs(folder, env, rabbit)
    else:
        peer = CeleryOutbox(folder, env) if kind is CeleryOutbox else ReliableOutbox(folder, env)
    peer.install()
    return peer
