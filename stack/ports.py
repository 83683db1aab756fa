"""TCP ports of 127.0.0.1."""

import random
import socket

# Below the range from which clients' own ends get their ports (32768 and up on Linux): a client that keeps
# knocking at a stopped server's port up there can end up connected to itself, and block the port.
SERVER_PORTS = range(16400, 30000)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None) -> int:
    """`preferred` if nobody uses it, or else another free one."""
    if preferred and is_free(preferred):
        return preferred
    for port in random.sample(SERVER_PORTS, 200):
        if is_free(port):
            return port
    raise OSError(f"no free port on 127.0.0.1 between {SERVER_PORTS.start} and {SERVER_PORTS.stop}")
