"""Where the shop answers, and with which accounts it can be tried."""

import os

from stack.live import LiveStack


def debug() -> dict[str, str]:
    """On this machine the shop is tried and developed, unless the environment says otherwise.

    Workers do without: with DEBUG Django keeps every query that they make.
    """
    return {"DEBUG": os.environ.get("DEBUG", "1")}


def make_accounts(stack: LiveStack, *, port: int) -> str:
    """What the command says about them, ready to be printed."""
    address = f"http://127.0.0.1:{port}/"
    return stack.manage("make_demo_accounts", "--address", address, env=debug()).stdout.rstrip()
