"""The shop as in production, with the views that the history is compared with."""

from config.settings.production import *  # noqa: F403

ROOT_URLCONF = "benchmarks.speed.query.urls"
