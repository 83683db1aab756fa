"""A page of the history and how fresh it is, or that the client holds it already."""

import json
from datetime import datetime
from hashlib import blake2b
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from rest.conditional import is_held


def answer(
    request: Request, page: dict[str, Any], *, complete_as_of: datetime | None, applied: bool | None
) -> Response:
    """The page, or 304 if the client named its ETag; both say in headers how fresh it is.

    The ETag is over the rows: `complete_as_of` moves every 2 seconds whatever happens, and would make every
    page a new one. It is a weak one, since the bodies it stands for differ in that.
    """
    headers = {
        "ETag": _etag(page),
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Authorization",
        "Complete-As-Of": complete_as_of.isoformat() if complete_as_of else "unknown",
    }
    if applied is not None:
        headers["Consistency-Applied"] = "true" if applied else "false"
    if is_held(request, headers["ETag"]):
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    return Response({**page, "complete_as_of": complete_as_of, "applied": applied}, headers=headers)


def _etag(page: dict[str, Any]) -> str:
    content = json.dumps(page, separators=(",", ":")).encode()
    return f'W/"{blake2b(content, digest_size=16).hexdigest()}"'
