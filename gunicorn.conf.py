"""gunicorn's own lines take the shape that Django's have."""

import os

from event_bus.logs import logging_settings

logconfig_dict = logging_settings(
    format=os.environ.get("LOG_FORMAT", "text"), level=os.environ.get("LOG_LEVEL", "INFO")
)
