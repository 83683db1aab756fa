"""Tuned alike: connections are kept, a task is acknowledged late, one process takes one task after the other."""

import os
from typing import Any

import environ

SECRET_KEY = "of a benchmark"
USE_TZ = True
INSTALLED_APPS = ["benchmarks.speed.pipeline.plain"]
DATABASES: dict[str, Any] = {
    "default": {**environ.Env.db_url_config(os.environ["PLAIN_SOURCE_URL"]), "CONN_MAX_AGE": None},
    "view": {**environ.Env.db_url_config(os.environ["PLAIN_VIEW_URL"]), "CONN_MAX_AGE": None},
}
CELERY_BROKER_URL = os.environ["PLAIN_BROKER_URL"]
CELERY_TASK_DEFAULT_QUEUE = "plain"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_DB_REUSE_MAX = 100_000
