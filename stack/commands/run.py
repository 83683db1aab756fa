"""`make run`: the whole shop, until Ctrl-C."""

import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from stack import StackError
from stack.accounts import debug, make_accounts
from stack.console import console, step
from stack.live import LiveStack
from stack.logs import LogFollower
from stack.ports import free_port, is_free

COLOURS = ["cyan", "magenta", "yellow", "green", "blue"]


def run(data_dir: Path, *, port: int) -> int:
    if not is_free(port):
        other = free_port(port + 1)
        raise StackError(f"Port {port} of 127.0.0.1 is in use. Choose another one: PORT={other} make run")
    stack = LiveStack(data_dir, env_of={"web": {"PORT": str(port), **debug()}})
    followers = {name: LogFollower(stack.log(name)) for name in stack.supervisor.programs}
    try:
        with stack:
            try:
                with step("Databases are up to date"):
                    stack.migrate()
                with step("Web, workers and beat are running"):
                    stack.start(*(name for name in stack.supervisor.programs if name != "broker"))
                    accounts = make_accounts(stack, port=port)  # while they start
                    wait_for_web(stack, port)
                console.print(f"\n{accounts}", markup=False)
                console.print(f"Everything is in {data_dir}. Ctrl-C stops it.\n", markup=False)
                while stack.supervisor.is_running():
                    show_new_lines(followers)
                    time.sleep(0.2)
                raise StackError("The process supervisor has ended.", log=stack.log("supervisord"))
            except KeyboardInterrupt:
                console.print("\nStopping …")
        show_new_lines(followers)
    finally:
        for follower in followers.values():
            follower.close()
    return 0


def wait_for_web(stack: LiveStack, port: int, *, seconds: float = 60) -> None:
    """Raises StackError if it answers nothing at all in that time."""
    deadline = time.monotonic() + seconds
    while not answers(port):
        stack.supervisor.watch()
        if time.monotonic() > deadline:
            raise StackError(f"Nothing answers on port {port}.", log=stack.log("web"))
        time.sleep(0.1)


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
        return True
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def show_new_lines(followers: dict[str, LogFollower]) -> None:
    width = max(map(len, followers))
    for number, (name, follower) in enumerate(followers.items()):
        for line in follower.new_lines():
            console.print(f"{name:<{width}} │ ", end="", style=COLOURS[number % len(COLOURS)])
            console.print(line, markup=False)
