"""The edge of the API: what is refused before any view is asked, and errors that no view answered."""

import json
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from rest.problems import MEDIA_TYPE, problem


class ProblemMiddleware:
    """Under /api/ every error is a problem: those of Django, of other middleware and of failed views too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        response = _refusal(request) or self.get_response(request)
        if response.status_code < 400 or response.get("Content-Type", "").startswith(MEDIA_TYPE):
            return response
        return _as_problem(response.status_code, headers=response)


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if "\0" in request.path_info:
        return _as_problem(404)
    if "%00" in request.META.get("QUERY_STRING", ""):
        return _as_problem(400, "The query has a NUL character.")
    uploads = request.content_type == "multipart/form-data"
    limit: int = settings.API_MAX_UPLOAD_BYTES if uploads else settings.API_MAX_BODY_BYTES
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        return _as_problem(413, f"A body has at most {limit:,} bytes here.")
    return None


def _as_problem(status: int, detail: str = "", headers: HttpResponseBase | None = None) -> HttpResponse:
    answer = HttpResponse(json.dumps(problem(status, detail=detail)), status=status)
    for name, value in headers.items() if headers else []:
        answer[name] = value
    if headers:
        answer.cookies = headers.cookies
    answer["Content-Type"] = MEDIA_TYPE
    answer["Content-Length"] = str(len(answer.content))
    return answer
