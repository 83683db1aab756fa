"""Two hosts and their switch: reachable, cut off, connected again, and gone at the end whatever happened."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from benchmarks.two_hosts import network as networks
from benchmarks.two_hosts.network import ONE, network
from stack import CODE_DIR, StackError


def namespaces() -> str:
    return subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout


LISTEN = """
import socket
server = socket.create_server(("", 5000))
print("ready", flush=True)
while True:
    server.accept()
"""
KNOCK = f"import socket; socket.create_connection(('{ONE}', 5000), timeout=1)"


def reaches(host: str) -> bool:
    """Whether its packets come through to host one now."""
    words = ["ip", "netns", "exec", host, sys.executable, "-c", KNOCK]
    return subprocess.run(words, capture_output=True, timeout=20, check=False).returncode == 0


def comes_to_reach(host: str, *, seconds: float = 15) -> bool:
    """As a cable that was just plugged in: the kernel may take a second to use it, and drop what comes before."""
    deadline = time.monotonic() + seconds
    while not reaches(host):
        if time.monotonic() > deadline:
            return False
    return True


@pytest.fixture
def hosts():
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("network namespaces need root and ip")
    try:
        with network() as made:
            yield made
    except StackError as refused:
        pytest.skip(str(refused))


@pytest.fixture
def listening(hosts):
    """Host one, on the port that others knock at."""
    words = ["ip", "netns", "exec", hosts.one, sys.executable, "-c", LISTEN]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout
            assert server.stdout.readline() == b"ready\n"
            yield
        finally:
            server.kill()


@pytest.mark.usefixtures("listening")
def test_a_host_that_is_cut_off_comes_back(hosts):
    assert comes_to_reach(hosts.two)

    hosts.cut_two_off()
    assert not reaches(hosts.two)

    hosts.connect_two()
    assert comes_to_reach(hosts.two)


def test_they_are_gone_after_an_error_with_what_ran_there(hosts):
    with pytest.raises(KeyboardInterrupt), network() as others:
        left = subprocess.Popen(["ip", "netns", "exec", others.two, "sleep", "60"])
        raise KeyboardInterrupt

    assert left.wait(timeout=10) != 0
    assert others.two not in namespaces()
    assert hosts.two in namespaces()


def test_who_is_not_root_is_told(monkeypatch):
    monkeypatch.setattr(networks.shutil, "which", lambda name: f"/sbin/{name}")
    monkeypatch.setattr(networks.os, "geteuid", lambda: 1000)

    with pytest.raises(StackError, match="need root"), network():
        pass


def test_without_iproute2_it_says_so(monkeypatch):
    monkeypatch.setattr(networks.shutil, "which", lambda name: None)

    with pytest.raises(StackError, match="iproute2"), network():
        pass


def test_a_cut_longer_than_the_run_is_refused():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.two_hosts", "--seconds", "10", "--cut", "20"],
        cwd=CODE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "--cut must be above 0 and below --seconds" in done.stderr
