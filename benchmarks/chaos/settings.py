"""The shop as in production, with the fault points of `benchmarks.chaos.injection` in its processes."""

from benchmarks.chaos.lease import LEASE
from config.settings.shop import *  # noqa: F403
from config.settings.shop import API_THROTTLE_RATES, CELERY_BROKER_TRANSPORT_OPTIONS, INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.chaos.injection.InjectionConfig"]

CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] = LEASE

# Hundreds of people sign up and in; how slow their passwords are to guess is not the question here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = []
# They all have one network address.
API_THROTTLE_RATES = dict.fromkeys(API_THROTTLE_RATES)
