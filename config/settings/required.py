"""What production does not start without. Names everything that is missing at once, and has no defaults."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

SHORTEST_SECRET = 32


def require(*databases: str, signs_tokens: bool) -> None:
    """Raises ImproperlyConfigured, which names all that is missing or too weak."""
    if wrong := [*_secrets(signs_tokens), *_databases(databases), *_others()]:
        raise ImproperlyConfigured("production does not start without:\n  " + "\n  ".join(wrong))


def _secrets(signs_tokens: bool) -> Iterator[str]:
    yield from _strong("SECRET_KEY")
    if _given("JWT_ALGORITHM", "HS256").startswith("HS"):
        yield from _strong("JWT_SIGNING_KEY")
        if _given("JWT_SIGNING_KEY") and _given("JWT_SIGNING_KEY") == _given("SECRET_KEY"):
            yield "JWT_SIGNING_KEY: must not be SECRET_KEY"
        return
    yield from _set("JWT_VERIFYING_KEY", *(["JWT_SIGNING_KEY"] if signs_tokens else []))
    if not signs_tokens and _given("JWT_SIGNING_KEY"):
        yield "JWT_SIGNING_KEY: must not be here, the history only verifies"


def _databases(names: tuple[str, ...]) -> Iterator[str]:
    yield from _set(*names)
    for name in names:
        if _given(name).startswith("sqlite"):
            yield f"{name}: must be a server, not a file"


def _others() -> Iterator[str]:
    yield from _set("CELERY_BROKER_URL", "ALLOWED_HOSTS")
    if _given("CELERY_BROKER_URL") and not urlsplit(_given("CELERY_BROKER_URL")).password:
        yield "CELERY_BROKER_URL: must have a password"
    if _given("CELERY_BROKER_URL").startswith("sentinel"):
        yield from _set("CELERY_BROKER_MASTER_NAME")
    if "*" in _given("ALLOWED_HOSTS").split(","):
        yield "ALLOWED_HOSTS: must name the hosts"
    if _given("DEBUG").lower() in {"1", "true", "yes", "on", "y", "t", "ok"}:
        yield "DEBUG: must be off"


def _strong(name: str) -> Iterator[str]:
    yield from _set(name)
    if 0 < len(_given(name)) < SHORTEST_SECRET or len(set(_given(name))) < 5 <= len(_given(name)):
        yield f"{name}: at least {SHORTEST_SECRET} characters that nobody guesses"


def _set(*names: str) -> Iterator[str]:
    return (f"{name}: is not set" for name in names if not _given(name))


def _given(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default
