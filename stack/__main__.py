"""`python -m stack run|exec|demo`, which `make run`, `make stack` and `make demo` call."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from stack import CODE_DIR, StackError
from stack.console import complain, complaints


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stack", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="everything, until Ctrl-C")
    execute = commands.add_parser(
        "exec", help="one command with broker and workers, until the history is complete"
    )
    execute.add_argument("words", nargs="+", metavar="COMMAND", help="manage.py … or anything else")
    demo = commands.add_parser("demo", help="import a shop and show what the history knows of it")
    demo.add_argument(
        "shop", nargs="?", type=Path, default=CODE_DIR / "demo" / "shop", help="folder to import"
    )
    demo.add_argument("--export", type=Path, help="write the whole history to this file, as JSON lines")
    options = parser.parse_args()

    data_dir = Path(os.environ.get("DATA_DIR") or CODE_DIR / "var").expanduser().resolve()
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _interrupt)
    try:
        if options.command == "run":
            from stack.commands.run import run

            return run(data_dir, port=_port(os.environ.get("PORT") or "8000"))
        if options.command == "exec":
            from stack.commands.execute import execute as execute_command

            return execute_command(data_dir, options.words)
        from stack.commands.demo import show

        return show(data_dir, options.shop, export=options.export)
    except StackError as error:
        complain(error)
        return 1
    except KeyboardInterrupt:
        complaints.print("Stopped.")
        return 130


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise StackError(f"PORT={text} is no port: a number from 1 to 65535")
    return int(text)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
