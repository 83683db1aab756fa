#!/usr/bin/env python
"""Django's command line, for the whole shop unless DJANGO_SETTINGS_MODULE says otherwise."""

import os
import sys

from event_bus.context import acting

INTERRUPTED = 130
"""What a shell calls a command that Ctrl-C ended: 128 + SIGINT."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.shop")
    from config.command_line import run

    try:
        with acting(f"command {sys.argv[1]}" if sys.argv[1:] else "command"):
            run(sys.argv)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
