"""Every HTTP request has an id and somebody who asks; the answer says the id, and one log line says both."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import iri_to_uri
from django.utils.functional import LazyObject, empty

from event_bus.context import acting

HEADER = "X-Request-ID"

logger = logging.getLogger(__name__)


class RequestContext:
    """Middleware; the outermost, so that its line counts all the time that the answer took."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started_at = time.perf_counter()
        with acting(lambda: signed_in(request), request.headers.get(HEADER)) as context:
            response = self.get_response(request)
            response[HEADER] = context.correlation_id or ""
            logger.log(
                logging.DEBUG if request.path.startswith(settings.STATIC_URL) else logging.INFO,
                "%s %s %s",
                request.method,
                iri_to_uri(request.path),  # a line break in it would begin a line of its own
                response.status_code,
                extra={"milliseconds": round((time.perf_counter() - started_at) * 1000, 1)},
            )
        return response


def signed_in(request: HttpRequest) -> str | None:
    """The id of whom the request comes from, once that was checked. Asks no database."""
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject) and user._wrapped is empty:
        return None
    return str(user.pk) if user is not None and user.pk is not None else None
