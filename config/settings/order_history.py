"""The order history alone: its app, its database, its addresses, and nobody else's."""

from config.settings.base import *  # noqa: F403
from config.settings.base import HISTORY_DATABASES, REST_FRAMEWORK

INSTALLED_APPS = [
    # Installed for the class of the anonymous user; no table of theirs exists here.
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "storefront",
    "rest_framework",
    "event_bus",
    "event_bus.inbox",
    "order_history",
]

MIDDLEWARE = [
    "event_bus.requests.RequestContext",
    "rest.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.csp.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "rest.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls_order_history"
# Without an entry Django would put a database that does not exist here in charge of everything else.
DATABASES = {"default": {}, **HISTORY_DATABASES}

REST_FRAMEWORK["DEFAULT_AUTHENTICATION_CLASSES"] = [
    "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication",
]
