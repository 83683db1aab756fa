"""The edge: what is refused before any view is asked, and errors of the API that no view answered."""

import json
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.shortcuts import render
from django.utils.http import escape_leading_slashes

from rest.problems import MEDIA_TYPE, problem


class SameRequest(HttpResponsePermanentRedirect):
    status_code = 308


class SlashMiddleware(CommonMiddleware):
    """Whoever leaves out an address' last slash is to send the same there, writes too.

    At Django's 301 most clients ask for the list instead, and take that for success.
    """

    response_redirect_class = SameRequest

    def get_full_path_with_slash(self, request: HttpRequest) -> str:
        return escape_leading_slashes(request.get_full_path(force_append_slash=True))


class ProblemMiddleware:
    """Under /api/ every error is a problem: those of Django, of other middleware and of failed views too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/api/"):
            return render(request, "413.html", status=413) if _limit(request) else self.get_response(request)
        response = _refusal(request) or self.get_response(request)
        kept = "private, no-cache" if request.method in ("GET", "HEAD") else "no-store"
        response.headers.setdefault("Cache-Control", kept)
        if response.status_code < 400 or response.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        return _as_problem(response.status_code, headers=response)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if "\0" in request.path_info:
        return _as_problem(404)
    if "%00" in request.META.get("QUERY_STRING", ""):
        return _as_problem(400, "The query has a NUL character.")
    if limit := _limit(request):
        return _as_problem(413, f"A body has at most {limit:,} bytes here.")
    return None


def _limit(request: HttpRequest) -> int | None:
    """How many bytes the body may have, if it has more: Django would put a file of any size on the disk."""
    uploads = request.content_type == "multipart/form-data"
    limit: int = settings.MAX_UPLOAD_BYTES if uploads else settings.MAX_BODY_BYTES
    return limit if int(request.META.get("CONTENT_LENGTH") or 0) > limit else None


def _as_problem(status: int, detail: str = "", headers: HttpResponseBase | None = None) -> HttpResponse:
    answer = HttpResponse(json.dumps(problem(status, detail=detail)), status=status)
    for name, value in headers.items() if headers else []:
        answer[name] = value
    if headers:
        answer.cookies = headers.cookies
    answer["Content-Type"] = MEDIA_TYPE
    answer["Content-Length"] = str(len(answer.content))
    return answer
