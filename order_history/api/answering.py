"""A page of the history and how fresh it is, or that the client holds it already."""

from hashlib import blake2b

import orjson
from django.http import HttpResponse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from order_history.paging import Page
from rest.conditional import is_held


def answer(request: Request, page: Page, *, applied: bool | None) -> HttpResponse:
    """The page, or 304 if the client named its ETag; both say in headers how fresh it is.

    The ETag is over the rows: `complete_as_of` moves every 2 seconds whatever happens, and would make every
    page a new one. It is a weak one, since the bodies it stands for differ in that.
    """
    url = request.build_absolute_uri() if page.next else ""
    following = replace_query_param(url, "cursor", str(page.next)) if page.next else None
    rows = f"[{','.join(page.lines)}]".encode()
    headers = {
        "ETag": _etag(rows, following),
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Authorization",
        "Complete-As-Of": page.complete_as_of.isoformat() if page.complete_as_of else "unknown",
    }
    if applied is not None:
        headers["Consistency-Applied"] = "true" if applied else "false"
    if is_held(request, headers["ETag"]):
        return HttpResponse(status=status.HTTP_304_NOT_MODIFIED, headers=headers)
    body = {
        "next": following,
        "results": orjson.Fragment(rows),
        "complete_as_of": page.complete_as_of,
        "applied": applied,
    }
    return HttpResponse(_json(body), content_type="application/json", headers=headers)


def _json(content: object) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_UTC_Z)


def _etag(rows: bytes, following: str | None) -> str:
    digest = blake2b(rows, digest_size=16)
    digest.update((following or "").encode())
    return f'W/"{digest.hexdigest()}"'
