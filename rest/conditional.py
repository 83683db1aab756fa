"""Whether a client holds the present version of what it asks for."""

from django.utils.http import parse_etags
from rest_framework.request import Request


def is_held(request: Request, etag: str) -> bool:
    """Whether `If-None-Match` names the ETag, by weak comparison (RFC 9110, 8.8.3.2)."""
    if not (given := request.headers.get("If-None-Match")):
        return False
    named = {each.removeprefix("W/") for each in parse_etags(given)}
    return "*" in named or etag.removeprefix("W/") in named
