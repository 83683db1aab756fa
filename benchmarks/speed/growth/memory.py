"""The most that the broker holds while something goes on."""

import threading
from types import TracebackType

import redis

LOOK_EVERY = 0.05
"""Seconds."""


class Watch:
    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most = 0
        """Bytes."""

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._client.close()

    def _look(self) -> None:
        while not self._over.wait(LOOK_EVERY):
            self.most = max(self.most, int(self._client.info("memory")["used_memory"]))
