"""As the library's documentation sets a project up."""

import os

from benchmarks.speed.peers.databases import database

SECRET_KEY = "of no use"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["reliable_outbox", "benchmarks.speed.peers.reliable_outbox.shop"]
DATABASES = {"default": database(os.environ["SOURCE_URL"])}
RELIABLE_OUTBOX = {"BATCH_SIZE": 100, "REQUIRE_TRANSACTION": True}
