"""Reads the rows in this process, through the product's own models and settings, without the fault points."""

import os
from collections.abc import Mapping

from benchmarks.chaos.state import HistoryRows, Letter, ShopRows, read_dead_letters, read_history, read_shop


def read_rows(env: Mapping[str, str]) -> tuple[ShopRows, HistoryRows, list[Letter]]:
    """`env` is that of the stack's processes."""
    import django
    from django.db import connections

    os.environ.update({**env, "DJANGO_SETTINGS_MODULE": "config.settings.shop"})
    django.setup()
    try:
        return read_shop(), read_history(), read_dead_letters()
    finally:
        connections.close_all()
