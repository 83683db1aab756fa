"""Runs a command that ends when its parent does, however that ends (on Linux; elsewhere it just runs it).

The kernel watches the thread that starts the command: start it from one that lives as long as it should.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1


def tethered(*command: str, signal_name: str = "SIGTERM", user: str | None = None) -> list[str]:
    """The command line that runs `command` as a child which ends with this process."""
    options = ["--signal", signal_name, "--parent", str(os.getpid())]
    if user:
        options += ["--user", user]
    return [sys.executable, os.path.abspath(__file__), *options, *command]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m stack.tether", description=__doc__)
    parser.add_argument("--signal", default="SIGTERM", help="what to send when the parent has ended")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="process id of the parent")
    parser.add_argument("--user", help="run as this user")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()

    if options.user:
        become(options.user)
    end_with_parent(signal.Signals[options.signal], parent=options.parent)
    try:
        os.execvp(options.command[0], options.command)  # noqa: S606
    except OSError as error:
        sys.exit(f"{options.command[0]}: {error.strerror}")


def become(user: str) -> None:
    account = pwd.getpwnam(user)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def end_with_parent(death_signal: signal.Signals, *, parent: int) -> None:
    """Must come after any change of user, which makes the kernel forget it."""
    # Elsewhere than on Linux there is no prctl, and with some C libraries no library to load.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent ended before this process could be tied to it")


if __name__ == "__main__":
    main()
