"""How often strangers may ask. The rates stand in settings.API_THROTTLE_RATES; None is no limit."""

import hashlib
import logging
from typing import Any
from unicodedata import normalize

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

logger = logging.getLogger(__name__)


class ForgivingCache:
    """Without the cache nobody is counted, and nobody is turned away."""

    def get(self, key: str, default: Any) -> Any:
        try:
            return cache.get(key, default)
        except Exception as error:  # every kind of cache fails in its own way
            logger.warning("Requests are not counted, the cache does not answer: %s", error)
            return default

    def set(self, key: str, value: Any, timeout: int) -> None:
        try:
            cache.set(key, value, timeout)
        except Exception as error:
            logger.warning("Requests are not counted, the cache does not answer: %s", error)


class PerAddress(SimpleRateThrottle):
    """Counts what comes from one network address."""

    cache = ForgivingCache()  # type: ignore[assignment]

    def get_rate(self) -> str | None:
        rate: str | None = settings.API_THROTTLE_RATES[str(self.scope)]
        return rate

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return self._key(str(self.get_ident(request)))

    def _key(self, counted: str) -> str:
        """Without a trace of whom: an e-mail address is nobody's business in a cache."""
        return f"throttle:{self.scope}:{hashlib.sha256(counted.encode(errors='replace')).hexdigest()}"


class Anonymous(PerAddress):
    """What comes without a token."""

    scope = "anonymous"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return (
            None if request.user and request.user.is_authenticated else super().get_cache_key(request, view)
        )


class SigningUp(PerAddress):
    scope = "sign-up"


class SigningIn(PerAddress):
    scope = "sign-in"


class SigningInAs(PerAddress):
    """Counts what is tried for one e-mail address, from wherever."""

    scope = "sign-in-as"
    field = "email"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        given: Any = request.data
        # As it will be looked up: Django's own form brings letters of other kinds to their plain ones.
        return self._key(normalize("NFKC", str(given.get(self.field))).strip().lower())


class StaffSigningInAs(SigningInAs):
    """Counts together with it; the admin's form calls the address a name."""

    field = "username"


class ProvingOneself(SigningInAs):
    """Counts what somebody who is signed in tries as their own password."""

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return self._key(f"own {request.user.pk}")
