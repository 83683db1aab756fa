"""The whole shop: producers, bus and order history in one monolith."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403
from config.settings.base import EVENT_BUS, HISTORY_DATABASES, database, env
from config.settings.schedule import beat_schedule
from config.settings.unfold import UNFOLD  # noqa: F401

INSTALLED_APPS = [
    "unfold",  # the admin's theme; before the admin
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "storefront",
    "rest_framework",
    "rest_framework_simplejwt.token_blacklist",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest",
    "event_bus",
    "event_bus.outbox",
    "event_bus.inbox",
    "products",
    "users",
    "orders",
    "shop_import",
    "order_history",
]

MIDDLEWARE = [
    "event_bus.requests.RequestContext",
    "rest.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.csp.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "rest.middleware.SlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "users.pages.remembering.RememberVisitor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
DATABASES = {
    "default": database("DATABASE_URL", sqlite_file="shop.sqlite3"),
    **HISTORY_DATABASES,
}

if env.str("DATABASE_URL", default="") and env.str("DATABASE_URL") == env.str(
    "ORDER_HISTORY_DATABASE_URL", default=""
):
    raise ImproperlyConfigured(
        "DATABASE_URL and ORDER_HISTORY_DATABASE_URL name one database: the history needs its own"
    )

AUTH_USER_MODEL = "users.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

EVENT_BUS["TOPICS"] = ["products", "users", "orders"]
EVENT_BUS["SOURCES"] = {
    "products": "products.announcing.source",
    "users": "users.announcing.source",
    "orders": "orders.announcing.source",
}

FORMAT_MODULE_PATH = "config.formats"

LOGIN_REDIRECT_URL = "admin:index"  # the pages have their own way in
SHOP_CURRENCY = env.str("SHOP_CURRENCY", default="USD")

CELERY_BEAT_SCHEDULER = "event_bus.beat:CoalescingScheduler"
CELERY_BEAT_SCHEDULE = beat_schedule(EVENT_BUS)
