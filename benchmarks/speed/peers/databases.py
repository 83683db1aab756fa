"""Django's settings of a database, from its URL; imports nothing that an environment of its own may lack."""

from typing import Any
from urllib.parse import urlsplit


def database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": parts.hostname,
        "PORT": parts.port,
        "USER": parts.username,
        "PASSWORD": parts.password,
        "NAME": parts.path.lstrip("/"),
        # A connection for each message would be half of its cost.
        "CONN_MAX_AGE": None,
    }
