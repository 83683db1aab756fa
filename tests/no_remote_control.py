"""Settings that are known to freeze a worker for ever after a broker outage."""

from config.settings.shop import *  # noqa: F403

CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
