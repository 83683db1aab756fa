"""What can be done to the broker that carries the events: the same faults for Redis and for RabbitMQ."""

import base64
import json
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from amqp import AMQPError
from kombu import Connection

from stack import StackError
from stack.broker_server import BrokerServer
from stack.rabbit import RabbitServer

QUEUES = ("outbox", "order_history")

AWAY: tuple[type[Exception], ...] = (
    redis.RedisError,
    AMQPError,
    OSError,
    StackError,
    subprocess.TimeoutExpired,
)
"""What a fault meets when an earlier one has left the broker unreachable."""


class Broker(ABC):
    """Servers must be restarted by the thread that made them: they end with it."""

    server: BrokerServer | RabbitServer

    @abstractmethod
    def restart_empty(self) -> None: ...

    @abstractmethod
    def flush(self) -> None:
        """Every message is gone."""

    @abstractmethod
    def fill(self) -> None:
        """It takes no more messages, until `make_room`."""

    @abstractmethod
    def make_room(self) -> None: ...

    @abstractmethod
    def push(self, queue: str, entries: list[bytes]) -> None:
        """Entries as Redis keeps them, where workers take the next one."""

    @abstractmethod
    def spoil(self, queue: str) -> None:
        """The queue is no queue any more."""


class Redis(Broker):
    def __init__(self, directory: Path) -> None:
        self.server: BrokerServer = BrokerServer(directory)

    def restart_empty(self) -> None:
        self.server.kill()
        shutil.rmtree(self.server.directory / "appendonlydir", ignore_errors=True)
        self.server.start()

    def flush(self) -> None:
        self.server.flushall()

    def fill(self) -> None:
        with self._client() as client:
            client.config_set("maxmemory", 1)

    def make_room(self) -> None:
        with self._client() as client:
            client.config_set("maxmemory", "512mb")

    def push(self, queue: str, entries: list[bytes]) -> None:
        with self._client() as client:
            for entry in entries:
                client.rpush(queue, entry)

    def spoil(self, queue: str) -> None:
        with self._client() as client:
            client.set(queue, "chaos-garbage")

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self.server.url, socket_timeout=2, socket_connect_timeout=2)


class Rabbit(Broker):
    def __init__(self, directory: Path) -> None:
        self.server: RabbitServer = RabbitServer(directory)

    def restart_empty(self) -> None:
        self.server.restart(empty=True)

    def flush(self) -> None:
        with self._channel() as channel:
            for queue in QUEUES:
                channel.queue_purge(queue)

    def fill(self) -> None:
        """The memory alarm holds up whoever publishes."""
        self.server.control("set_vm_memory_high_watermark", "0", seconds=20)

    def make_room(self) -> None:
        self.server.control("set_vm_memory_high_watermark", "absolute", "2GB", seconds=20)

    def push(self, queue: str, entries: list[bytes]) -> None:
        with self._channel() as channel:
            for entry in entries:
                channel.basic_publish(_message(channel, entry), routing_key=queue)

    def spoil(self, queue: str) -> None:
        """Its messages are gone, and its consumers are told so."""
        with self._channel() as channel:
            channel.queue_delete(queue)

    @contextmanager
    def _channel(self) -> Iterator[Any]:
        with Connection(self.server.url, connect_timeout=2) as connection:
            channel: Any = connection.default_channel
            channel.connection.sock.settimeout(5)
            yield channel


def _message(channel: Any, entry: bytes) -> Any:
    """What stands in an envelope, as RabbitMQ keeps it; whatever is none, just as it is."""
    try:
        envelope = json.loads(entry)
        return channel.prepare_message(
            base64.b64decode(envelope["body"]),
            content_type=envelope["content-type"],
            content_encoding=envelope["content-encoding"],
            headers=envelope["headers"],
        )
    except (ValueError, KeyError, TypeError):
        return channel.prepare_message(entry)


KINDS: dict[str, type[Redis] | type[Rabbit]] = {"redis": Redis, "rabbitmq": Rabbit}
