"""The web process, wherever it is started: `gunicorn config.wsgi` reads this file."""

import os

from event_bus.logs import logging_settings

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = 4
# Seconds for requests that are under way when it is told to stop: as long as the longest may take.
graceful_timeout = 12
max_requests = 10_000
max_requests_jitter = 1_000
limit_request_line = 8190
control_socket_disable = True

logconfig_dict = logging_settings(
    format=os.environ.get("LOG_FORMAT", "text"), level=os.environ.get("LOG_LEVEL", "INFO")
)
