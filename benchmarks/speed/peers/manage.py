"""Django's commands for the project that DJANGO_SETTINGS_MODULE names, in its own environment."""

import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
