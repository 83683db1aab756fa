"""Of both sides, as the library's documentation sets them up; SIDE says which one this is."""

import logging
import os

import structlog

from benchmarks.speed.peers.databases import database

SIDE = os.environ["SIDE"]

SECRET_KEY = "of no use"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django_celery_outbox", f"benchmarks.speed.peers.celery_outbox.{SIDE}"]
DATABASES = {"default": database(os.environ["SOURCE_URL" if SIDE == "shop" else "VIEW_URL"])}
CELERY_OUTBOX_APP = "benchmarks.speed.peers.celery_outbox.celery.app"

# By default a line is printed for every batch, empty ones too.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
