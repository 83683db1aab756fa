"""The shop as it runs, but for passwords, which many people try here at once."""

from config.settings.shop import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
