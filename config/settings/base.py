"""What the whole shop and the order history alone have in common."""

import secrets
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from kombu import Queue

from event_bus.logs import logging_settings

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env.str("DATA_DIR", default="") or BASE_DIR / "var").expanduser().resolve()
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
except OSError as error:
    raise ImproperlyConfigured(f"DATA_DIR {DATA_DIR} cannot be written to: {error.strerror}") from error


def secret(name: str) -> str:
    """The setting of that name, or else a random one that is kept in DATA_DIR, never in the repository."""
    if given := env.str(name, default=""):
        return str(given)
    path = DATA_DIR / "secrets" / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def database(name: str, *, sqlite_file: str) -> dict[str, Any]:
    """The database that environment variable `name` is the URL of, or else a SQLite file in DATA_DIR."""
    if env.str(name, default=""):
        config = dict(env.db_url(name))
        if not config.get("ENGINE"):
            raise ImproperlyConfigured(f"{name} is no address like postgres://user:password@host:5432/name")
        config["CONN_MAX_AGE"] = None
        config["CONN_HEALTH_CHECKS"] = True
        config["TEST"] = {"DEPENDENCIES": []}
        if "postgresql" in config["ENGINE"]:
            # A worker that freezes inside a transaction (a paused machine) must not keep its locks.
            no_frozen_locks = "-c idle_in_transaction_session_timeout=10000"
            config["OPTIONS"] = {
                "connect_timeout": 5,
                "options": no_frozen_locks,
                # A statement that comes again and again is planned once a connection.
                "server_side_binding": True,
                "prepare_threshold": 5,
                **config.get("OPTIONS", {}),
            }
            if config["OPTIONS"]["prepare_threshold"] < 0:  # a URL cannot say None, which prepares nothing
                config["OPTIONS"]["prepare_threshold"] = None
        return config
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / sqlite_file,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # A deferred transaction that reads before it writes fails at once when another one wrote.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=8000;",
        },
        "TEST": {"NAME": DATA_DIR / f"test_{sqlite_file}", "DEPENDENCIES": []},
    }


def history_databases() -> dict[str, dict[str, Any]]:
    """The history's own, and the streaming replica that answers are read from, if there is one."""
    databases = {"order_history": database("ORDER_HISTORY_DATABASE_URL", sqlite_file="order_history.sqlite3")}
    if env.str("ORDER_HISTORY_REPLICA_URL", default=""):
        replica = database("ORDER_HISTORY_REPLICA_URL", sqlite_file="")
        if "postgresql" not in replica["ENGINE"]:
            raise ImproperlyConfigured("ORDER_HISTORY_REPLICA_URL: must name a PostgreSQL server")
        replica["OPTIONS"]["options"] += " -c default_transaction_read_only=on"
        replica["OPTIONS"] = {"tcp_user_timeout": 3000, **replica["OPTIONS"], "connect_timeout": 2}
        replica["TEST"] = {"MIRROR": "order_history", "DEPENDENCIES": []}
        databases["order_history_replica"] = replica
    return databases


def cache() -> dict[str, Any]:
    """What CACHE_URL names, or else this process' memory. A cache that hangs may hold up a request for a moment."""
    config = dict(env.cache_url("CACHE_URL", default="locmemcache://"))
    if "redis" in config["BACKEND"]:
        config["OPTIONS"] = {
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
            **config.get("OPTIONS", {}),
        }
    elif "locmem" in config["BACKEND"]:
        config["OPTIONS"] = {"MAX_ENTRIES": 100_000}
    return config


def broker_url() -> str:
    """CELERY_BROKER_URL, or else the embedded broker that runs in DATA_DIR."""
    if given := env.str("CELERY_BROKER_URL", default=""):
        return str(given)
    embedded = DATA_DIR / "broker" / "url"
    return embedded.read_text().strip() if embedded.exists() else "redis://127.0.0.1:6379/0"


def transport_options(url: str) -> dict[str, Any]:
    """What each kind of broker needs, so that none is waited for in vain and none drops a message unsaid."""
    if url.startswith(("amqp", "pyamqp")):
        return {"confirm_publish": True}
    if not url.startswith(("redis", "valkey", "sentinel")):
        return {}
    return {
        **(sentinel_options() if url.startswith("sentinel") else {}),
        "visibility_timeout": 120,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "body_encoding": "utf-8",
    }


def sentinel_options() -> dict[str, Any]:
    """Whom to ask the Sentinels for. Their own password, if they have one, is not that of the servers."""
    asking: dict[str, Any] = {"socket_timeout": 2, "socket_connect_timeout": 2}
    if password := env.str("CELERY_BROKER_SENTINEL_PASSWORD", default=""):
        asking["password"] = password
    name = env.str("CELERY_BROKER_MASTER_NAME", default="")
    return {**({"master_name": name} if name else {}), "sentinel_kwargs": asking}


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = secret("SECRET_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])

DATABASE_ROUTERS = ["config.routers.AppRouter"]
HISTORY_DATABASES = history_databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
USE_I18N = False
WSGI_APPLICATION = "config.wsgi.application"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = env.str("MEDIA_URL", default="/media/")
MEDIA_ROOT = DATA_DIR / "media"
# Off where pictures are served by somebody who draws no thumbnails (products/thumbnails.py).
MEDIA_THUMBNAILS = env.bool("MEDIA_THUMBNAILS", default=True)
# The files of pages and admin are served as they are installed; production collects them.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True

SHOP_NAME = env.str("SHOP_NAME", default="Wren")
# Where the shop's pages are, for an order history at another address: https://shop.example
SHOP_URL = env.str("SHOP_URL", default="").rstrip("/")
SIGN_IN_URL = LOGIN_URL = f"{SHOP_URL}/sign-in/"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "storefront.context.storefront",
            ]
        },
    }
]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest.parsers.JSONObjectParser"],
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS: the OpenAPI document says it all
    "DEFAULT_THROTTLE_CLASSES": ["rest.throttling.Anonymous"],
    # Proxies in front of the shop that add to X-Forwarded-For; nobody else's word for an address is taken.
    "NUM_PROXIES": env.int("PROXIES", default=0),
    "DEFAULT_SCHEMA_CLASS": "rest.openapi.ProblemAutoSchema",
    "EXCEPTION_HANDLER": "rest.handling.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# Pages load from here and nowhere else, and have nothing inline.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *([MEDIA_URL] if "//" in MEDIA_URL else [])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF, *([SHOP_URL] if SHOP_URL else [])],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
# What others wrote: Alpine.js in the admin evaluates its attributes, Swagger UI and Redoc style as they go.
CONTENT_SECURITY_POLICY_UNDER: dict[str, dict[str, list[str]]] = {
    "/admin/": {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]},
    "/api/v1/docs/": {"style-src": [SELF, UNSAFE_INLINE]},
    "/api/v1/redoc/": {"style-src": [SELF, UNSAFE_INLINE], "worker-src": ["blob:"]},
}
X_FRAME_OPTIONS = "DENY"

# Bytes of a request's body: JSON, and forms with a picture.
MAX_BODY_BYTES = 1_000_000
MAX_UPLOAD_BYTES = 11_000_000

# Requests in a second, minute, hour or day, per web process unless CACHE_URL names a cache for all.
API_THROTTLE_RATES: dict[str, str | None] = {
    "anonymous": env.str("THROTTLE_ANONYMOUS", default="300/minute") or None,
    "sign-up": env.str("THROTTLE_SIGN_UP", default="30/hour") or None,
    "sign-in": env.str("THROTTLE_SIGN_IN", default="60/minute") or None,
    "sign-in-as": env.str("THROTTLE_SIGN_IN_AS", default="10/minute") or None,
}
CACHES: dict[str, Any] = {"default": cache()}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Shop",
    "DESCRIPTION": "Products, orders, and what every user has ever ordered.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "ENABLE_DJANGO_DEPLOY_CHECK": False,  # `make lint` sees to it
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# The signature alone says who asks and whether they are staff, so the history can answer by itself.
# With RS256 or EdDSA it needs the verifying key only; a PEM may stand in one line, with \\n for the line ends.
JWT_ALGORITHM = env.str("JWT_ALGORITHM", default="HS256")
_one_key = JWT_ALGORITHM.startswith("HS")
SIMPLE_JWT: dict[str, Any] = {
    "ALGORITHM": JWT_ALGORITHM,
    "SIGNING_KEY": secret("JWT_SIGNING_KEY") if _one_key else env.str("JWT_SIGNING_KEY", "", multiline=True),
    "VERIFYING_KEY": "" if _one_key else env.str("JWT_VERIFYING_KEY", multiline=True),
    "USER_ID_CLAIM": "user_id",
    "TOKEN_USER_CLASS": "rest_framework_simplejwt.models.TokenUser",
}

# Whoever sends it as a bearer token may read /metrics. Without it, only this machine may.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

EVENT_BUS: dict[str, Any] = {
    "SOURCE": env.str("EVENT_BUS_SOURCE", default="/shop"),
    "TOPICS": [],
    "SOURCES": {},
    "PARTITIONS": env.int("EVENT_BUS_PARTITIONS", default=8),
    "SUBSCRIPTIONS": {
        "order_history": {
            "TOPICS": ["products", "users", "orders"],
            "PROJECTION": "order_history.projections.projection",
        }
    },
    # Where the contracts of the released events are kept.
    "CONTRACTS": BASE_DIR / "contracts",
    "BATCH_EVENTS": 1_000,
    "BATCH_BYTES": 1_000_000,
    # Messages that may wait in a subscription's queue before the relay stops sending to it.
    "QUEUE_DEPTH": env.int("EVENT_BUS_QUEUE_DEPTH", default=100),
    # Seconds between two sweeps: what no wake-up reached is sent, and watermarks go out.
    "SWEEP_INTERVAL": env.float("EVENT_BUS_SWEEP_INTERVAL", default=2.0),
    # Seconds that a position may be missing before it is asked for again.
    "GAP_PATIENCE": env.float("EVENT_BUS_GAP_PATIENCE", default=3.0),
    # Seconds that messages may wait without one coming through before a worker ends itself.
    "FROZEN_AFTER": env.float("EVENT_BUS_FROZEN_AFTER", default=10.0),
    # Seconds that an answer may be behind before the health check calls it degraded.
    "FRESHNESS_OBJECTIVE": env.float("EVENT_BUS_FRESHNESS_OBJECTIVE", default=15.0),
    # What the log's payloads have in common, to compress them against; the last one is used for new events.
    # Append only: what was compressed against an entry cannot be read without it.
    "PAYLOAD_DICTIONARIES": [
        '"title":"","image":"products/.webp.png.jpg","image":null,"price":"9.9900","currency":"EUR","currency":"USD",'
        '"withdrawn":true}"withdrawn":false}"erased_at":null}"erased_at":"2026-"cancelled_at":"2026-{"version":2,'
        '"product_id":"{"version":1,"user_id":"{"version":2,"order_id":".0000","currency":"USD"}],"version":1},'
        '{"product_id":"","quantity":2,"unit_price":"{"version":1,"order_id":"","user_id":"","placed_at":'
        '"2026-12-31T00:00:00.000000Z","cancelled_at":null,"lines":[{"product_id":"","quantity":1,'
        '"unit_price":"9.9900","currency":"USD"}]}'
    ],
    # Seconds between two canaries: events about nothing that show that the pipeline is alive.
    "CANARY_INTERVAL": env.float("EVENT_BUS_CANARY_INTERVAL", default=5.0),
    # Days that applied events stay in the log (0: for ever), and where beat archives those that leave it (or not).
    "RETENTION_DAYS": env.float("EVENT_BUS_RETENTION_DAYS", default=0.0),
    "ARCHIVE": env.str("EVENT_BUS_ARCHIVE", default=""),
    # What beat does about drift between a subscription and its sources, so many hours apart: off, report or repair.
    "RECONCILE": env.str("EVENT_BUS_RECONCILE", default="report"),
    "RECONCILE_HOURS": env.float("EVENT_BUS_RECONCILE_HOURS", default=24.0),
    # Days that the journal of deliveries is kept, by which an event can be followed.
    "JOURNAL_DAYS": env.float("EVENT_BUS_JOURNAL_DAYS", default=7.0),
}

# Requests that may wait at once, in one web process, until a write has been applied: half of its 4 threads.
ORDER_HISTORY_MOST_WAITING = env.int("ORDER_HISTORY_MOST_WAITING", default=2)

# Each of these was measured; other values lose messages, freeze or kill workers (docs/operations.md).
CELERY_BROKER_URL = broker_url()
CELERY_TASK_QUEUES = [Queue("outbox"), *map(Queue, EVENT_BUS["SUBSCRIPTIONS"]), Queue("unused")]
CELERY_TASK_DEFAULT_QUEUE = "unused"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# The message of a killed worker comes again as a gap; put back at once, a deadly one would kill without end.
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_SOFT_TIME_LIMIT = 30
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 0}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 5000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_POOL_ACQUIRE_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(CELERY_BROKER_URL)
# Celery closes the database connection after every task unless this is set.
CELERY_DB_REUSE_MAX = 100_000

# On when OpenTelemetry's own variables say where traces go (requirements-tracing.txt).
TRACING = bool(
    env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
    or env.str("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", default="")
    or env.str("OTEL_TRACES_EXPORTER", default="none") != "none"
)

LOGGING = logging_settings(
    format=env.str("LOG_FORMAT", default="text"), level=env.str("LOG_LEVEL", default="INFO")
)
