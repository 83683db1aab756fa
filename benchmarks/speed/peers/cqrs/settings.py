"""Of both services, as the library's documentation sets them up; SIDE says which one this is."""

import os

from benchmarks.speed.peers.databases import database

SIDE = os.environ["SIDE"]

SECRET_KEY = "of no use"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["dj_cqrs", f"benchmarks.speed.peers.cqrs.{SIDE}"]
DATABASES = {"default": database(os.environ["SOURCE_URL" if SIDE == "master" else "VIEW_URL"])}
CQRS = {
    "transport": "dj_cqrs.transport.rabbit_mq.RabbitMQTransport",
    "queue": "products_replica",
    "url": os.environ["RABBIT_URL"],
}
