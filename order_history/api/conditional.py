"""Whether a client holds this page already: its rows decide, how fresh they are is told beside them."""

import json
from hashlib import blake2b
from typing import Any

from django.utils.http import parse_etags
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response


def answer(
    request: Request, page: dict[str, Any], freshness: dict[str, Any], headers: dict[str, str]
) -> Response:
    """The page and how fresh it is, or 304 with the same headers if the client named its ETag.

    The ETag is over the rows: `complete_as_of` moves every 2 seconds whatever happens, and would make every
    page a new one. It is a weak one, since the bodies it stands for differ in that.
    """
    etag = _etag(page)
    headers = {**headers, "ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
    if _names(request.headers.get("If-None-Match", ""), etag):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response({**page, **freshness}, headers=headers)


def _etag(page: dict[str, Any]) -> str:
    content = json.dumps(page, separators=(",", ":")).encode()
    return f'W/"{blake2b(content, digest_size=16).hexdigest()}"'


def _names(if_none_match: str, etag: str) -> bool:
    """By weak comparison (RFC 9110, 8.8.3.2)."""
    named = {each.removeprefix("W/") for each in parse_etags(if_none_match)}
    return "*" in named or etag.removeprefix("W/") in named
